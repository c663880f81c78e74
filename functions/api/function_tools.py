"""Function tools in a create body: their calls would fail, for Runrelay runs the catalog's tools alone.

The model is offered those from the catalog, by their names in `tools`.
"""

from collections.abc import Collection, Iterator, Mapping

from functions.api.mistakes import Mistake

PLACES: Mapping[str, tuple[str, ...]] = {"response": (), "session": ("agent",), "thread": ()}
"""Where in a create body of each kind its list of tools stands."""


def function_tool_mistakes(
    kind: str, request: Mapping[str, object], named: Collection[object], catalog: Collection[str]
) -> Iterator[Mistake]:
    """Say of each function tool what to do instead.

    Args:
        kind: The kind of the run; a word that is none has no tools.
        named: What stands in `tools`.
        catalog: The names of the catalog's tools.
    """
    body: object = request
    for name in PLACES.get(kind, ()):
        body = body.get(name) if isinstance(body, Mapping) else None
    tools = body.get("tools") if isinstance(body, Mapping) else None
    for place, name in _functions(tools):
        yield ("request", *PLACES[kind], "tools", *place), _words(name, named, catalog)


def _words(name: str, named: Collection[object], catalog: Collection[str]) -> str:
    if name in named:
        return f"{name} is named in tools as well, from where the model is offered it: leave it out here"
    if name in catalog:
        return f"{name} is a tool of the catalog: name it in tools, and leave it out here"
    return (
        f"nobody runs {name}: put it into the catalog, with executor='external' if something else "
        "gives its outputs; then name it in tools, and leave it out here"
    )


def _functions(tools: object) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Find the function tools in a list: where each stands, and its name, in either of OpenAI's shapes."""
    for number, tool in enumerate(tools if isinstance(tools, list) else ()):
        match tool:
            case {"type": "function", "function": {"name": str(name)}} | {
                "type": "function",
                "name": str(name),
            }:
                yield (number,), name
            case {"type": "namespace", "tools": within}:
                yield from (((number, "tools", *place), name) for place, name in _functions(within))
