"""Content parts: what a call's output may be instead of a text.

The shapes are the SDK's `ResponseFunctionCallOutputItemListParam`. What does not fit them whole is no content
but JSON like any other, for OpenAI would refuse it and end the run. A null is absence: the SDK's own objects
are dumped with one for whatever they lack. It is left out of what is sent.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Literal

type OutputType = Literal["text", "content"]

TEXT = frozenset({"text"})
SOURCES: Mapping[str, frozenset[str]] = {
    "input_text": TEXT,
    "input_image": frozenset({"image_url", "file_id"}),
    "input_file": frozenset({"file_data", "file_id", "file_url"}),
}
"""Where each type of part has what it shows: one of these at least."""

TEXTS: Mapping[str, frozenset[str]] = {**SOURCES, "input_file": SOURCES["input_file"] | {"filename"}}
DETAILS: Mapping[str, tuple[str | None, ...]] = {
    "input_text": (),
    "input_image": (None, "low", "high", "auto", "original"),
    "input_file": (None, "auto", "low", "high"),
}


def is_content(value: object) -> bool:
    """Say whether a JSON value is a list of content parts, with something in it."""
    return isinstance(value, list) and bool(value) and all(map(_is_part, value))


def _is_part(part: object) -> bool:
    if not isinstance(part, dict) or part.get("type") not in tuple(SOURCES):
        return False
    kind: str = part["type"]
    has_something = any(isinstance(part.get(name), str) for name in SOURCES[kind])
    return has_something and all(_fits(kind, name, value) for name, value in part.items())


def _fits(kind: str, name: str, value: Any) -> bool:  # noqa: ANN401 - any JSON
    match name:
        case "type":
            return True
        case "detail":
            return value in DETAILS[kind]
        case "prompt_cache_breakpoint":
            return value is None or _is_breakpoint(value)
        case _:
            return name in TEXTS[kind] and (value is None or isinstance(value, str))


def _is_breakpoint(value: Any) -> bool:  # noqa: ANN401 - any JSON
    return (
        isinstance(value, dict)
        and value.keys() <= {"mode", "ttl"}
        and value.get("mode") == "explicit"
        and value.get("ttl") in (None, "30m", "12h")
    )


def sent(parts: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Write content parts as OpenAI takes them, without what is null."""
    return [_without_nulls(part) for part in parts]


def _without_nulls(part: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _without_nulls(value) if isinstance(value, Mapping) else value
        for name, value in part.items()
        if value is not None
    }
