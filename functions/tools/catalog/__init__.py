"""The user's tools: one file each. A new file here is a new tool; `make catalog` tells the others."""

from collections.abc import Iterable, Iterator
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from functions.tools.tool import Tool


class CatalogError(ValueError):
    """A file of the catalog cannot be used; the message names it."""


def load_tools() -> dict[str, Tool]:
    """Import every module of this package and collect its tools by name.

    Raises:
        CatalogError: A file cannot be imported, has a tool that is none of its functions, or two tools have
            one name.
    """
    tools: dict[str, Tool] = {}
    for module in _modules(__name__, __path__):
        for tool in _tools_of(module):
            if tool.name in tools:
                others = file_of(_module_of(tools[tool.name]))
                raise CatalogError(
                    f"{file_of(module.__name__)}: two tools are named {tool.name}, the other in {others}"
                )
            tools[tool.name] = tool
    return tools


def _modules(package: str, folders: Iterable[str]) -> Iterator[ModuleType]:
    """Import a package's modules, and those of the packages in it.

    Raises:
        CatalogError: One cannot be imported, or would be left out.
    """
    for info in sorted(iter_modules(folders), key=lambda info: info.name):
        module = _imported(f"{package}.{info.name}")
        yield module
        if info.ispkg:
            yield from _modules(module.__name__, module.__path__)
    for init in (folder / "__init__.py" for path in folders for folder in sorted(Path(path).iterdir())):
        if not init.exists() and any(init.parent.glob("*.py")):
            raise CatalogError(
                f"{file_of(package)[:-3]}/{init.parent.name} has no __init__.py: make an empty one"
            )


def _imported(name: str) -> ModuleType:
    try:
        return import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # what a file raises may end a process, as `sys.exit()` does
        reason = f"{type(error).__name__}: {error}"
        raise CatalogError(f"{file_of(name)} cannot be imported: {reason}") from error


def _tools_of(module: ModuleType) -> Iterator[Tool]:
    """Give the tools that a file declares, and not those that it imports from another file of the catalog.

    Raises:
        CatalogError: One is neither, and would be left out without a word.
    """
    for tool in _unnamed(module):
        raise CatalogError(
            f"{file_of(module.__name__)}: the tool {tool.name} stands in a list alone: "
            "give it a variable of its own"
        )
    for variable, tool in vars(module).items():
        if not isinstance(tool, Tool):
            continue
        if _module_of(tool) == module.__name__:
            yield tool
        elif not _is_of_another_file(tool):
            raise CatalogError(f"{file_of(module.__name__)}: the tool {variable} {_why_it_is_none(tool)}")


def _unnamed(module: ModuleType) -> Iterator[Tool]:
    """Give the tools that stand only in a list, a tuple or a dictionary of a file."""
    values = list(vars(module).values())
    named = {id(value) for value in values if isinstance(value, Tool)}
    for value in values:
        members = list(value.values()) if type(value) is dict else value
        if type(members) in (list, tuple):
            yield from (each for each in members if isinstance(each, Tool) and id(each) not in named)


def _is_of_another_file(tool: Tool) -> bool:
    name = _module_of(tool)
    if not name.startswith(f"{__name__}."):
        return False
    return any(each is tool for each in vars(import_module(name)).values())


def _why_it_is_none(tool: Tool) -> str:
    if not isfunction(tool.function):
        return f"is made of {tool.function!r}: make it of a plain function, with @tool() above its def"
    return (
        f"is a function of {_module_of(tool)}: declare it here, with @tool() above its def, "
        "and have each decorator of it use functools.wraps"
    )


def file_of(module_name: str) -> str:
    """Name the file of a module."""
    return f"{module_name.replace('.', '/')}.py"


def _module_of(tool: Tool) -> str:
    return getattr(tool.function, "__module__", "")
