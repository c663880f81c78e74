"""The functions that a request offers: how they may be called, and what a strict schema must say."""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError, invalid

NAME = re.compile(r"[a-zA-Z0-9_-]+")
LONGEST_NAME = 64

type Context = tuple[str, ...]


def check_function_names(named: Sequence[tuple[str, str]]) -> None:
    """Refuse a name that is no function's, and one that two functions have.

    Args:
        named: The path of each name in the request, and the name.

    Raises:
        ApiError: It names the first.
    """
    seen: set[str] = set()
    for param, name in named:
        _check_name(param, name)
        if name in seen:
            # That OpenAI refuses it is known, its words are not.
            raise invalid(
                param, f"Invalid '{param}': the name '{name}' is taken twice.", code="invalid_value"
            )
        seen.add(name)


def check_parameters(name: str, parameters: object, param: str, *, is_strict: bool) -> None:
    """Refuse the schema of a function's arguments.

    Raises:
        ApiError: It is no schema of an object, or should be strict and is not.
    """
    if not isinstance(parameters, dict):
        return
    kind = parameters.get("type")
    if kind != "object":
        told = "None" if kind is None else kind
        problem = f"schema must be a JSON Schema of 'type: \"object\"', got 'type: \"{told}\"'."
        raise _bad_schema(name, problem, param)
    flaw = strictness_flaw(parameters) if is_strict else None
    if flaw:
        raise _bad_schema(name, flaw, param)


def strictness_flaw(schema: JsonObject) -> str | None:
    """Say what keeps a schema from being strict: an object that is open, or a property that may be missing.

    Formats and keywords that strict schemas do not know are not looked at.
    """
    for context, part in _objects(schema, ()):
        if part.get("additionalProperties") is not False:
            return f"In context={context}, 'additionalProperties' is required to be supplied and to be false."
        required = part.get("required") or []
        missing = next((key for key in part.get("properties") or {} if key not in required), None)
        if missing is not None:
            return (
                f"In context={context}, 'required' is required to be supplied and to be an array including "
                f"every key in properties. Missing '{missing}'."
            )
    return None


def _objects(schema: Any, context: Context) -> Iterator[tuple[Context, JsonObject]]:  # noqa: ANN401
    """Find the objects of a schema, wherever they are, with the way there."""
    if not isinstance(schema, dict):
        return
    if schema.get("type") == "object" or "properties" in schema:
        yield context, schema
    for key in ("properties", "$defs", "definitions"):
        parts = schema.get(key)
        for name, part in parts.items() if isinstance(parts, dict) else ():
            yield from _objects(part, (*context, key, name))
    for key in ("anyOf", "allOf", "oneOf", "prefixItems"):
        parts = schema.get(key)
        for at, part in enumerate(parts if isinstance(parts, list) else ()):
            yield from _objects(part, (*context, key, str(at)))
    yield from _objects(schema.get("items"), (*context, "items"))


def _check_name(param: str, name: str) -> None:
    if not name:
        message = "empty string. Expected a string with minimum length 1, but got an empty string instead."
        raise invalid(param, f"Invalid '{param}': {message}", code="empty_string")
    if len(name) > LONGEST_NAME:
        message = (
            f"string too long. Expected a string with maximum length {LONGEST_NAME}, "
            f"but got a string with length {len(name)} instead."
        )
        raise invalid(param, f"Invalid '{param}': {message}", code="string_above_max_length")
    if not NAME.fullmatch(name):
        message = (
            f"string does not match pattern. Expected a string that matches the pattern '^{NAME.pattern}$'."
        )
        raise invalid(param, f"Invalid '{param}': {message}", code="invalid_value")


def _bad_schema(name: str, problem: str, param: str) -> ApiError:
    return invalid(
        param, f"Invalid schema for function '{name}': {problem}", code="invalid_function_parameters"
    )
