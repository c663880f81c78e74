"""How large a strict schema may be: what is larger is a 400 in the middle of a run.

The numbers are those of "Supported schemas" in OpenAI's guide to Structured Outputs, as copies of 2026 have
them: https://developers.openai.com/api/docs/guides/structured-outputs#supported-schemas. It does not say what
a level is. A schema of depth 15 was told "14 levels of nesting exceeds limit of 10": objects and lists are
counted here, those of definitions too, and not the outermost. A type that holds itself is counted once.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from functions.tools.strict_schema import NotStrictError, definition_of, parts_of, subschemas

MAX_LEVELS = 10
MAX_PROPERTIES = 5_000
MAX_ENUM_VALUES = 1_000
MAX_CHARACTERS = 120_000
"""Of the names of properties and definitions, and of the values of enums and consts."""

LARGE_ENUM = 250
MAX_LARGE_ENUM_CHARACTERS = 15_000
"""Of an enum with more values than a large one."""


def check_size(schema: Mapping[str, Any]) -> None:
    """See whether the schema of a tool's parameters is as small as OpenAI takes it.

    Raises:
        NotStrictError: It is not.
    """
    schemas = list(subschemas(schema))
    enums = [each["enum"] for each in schemas if "enum" in each]
    _check("levels of nesting", _levels(schema, schema, {}) - 1, MAX_LEVELS, "Take a flatter one.")
    _check(
        "properties", sum(len(each.get("properties", ())) for each in schemas), MAX_PROPERTIES, "Take fewer."
    )
    fewer = "Take fewer, or a str that the tool checks."
    _check("values of enums", sum(map(len, enums)), MAX_ENUM_VALUES, fewer)
    for values in enums:
        if len(values) > LARGE_ENUM:
            what = f"characters in an enum of more than {LARGE_ENUM} values"
            _check(what, _characters(values), MAX_LARGE_ENUM_CHARACTERS, fewer)
    total = sum(_characters(_names_and_values(each)) for each in schemas)
    _check("characters of names and values", total, MAX_CHARACTERS, "Take shorter ones.")


def _check(what: str, number: int, most: int, instead: str) -> None:
    if number > most:
        raise NotStrictError(f"is not strict: it has {number} {what}, and OpenAI takes {most}. {instead}")


def _levels(schema: Mapping[str, Any], root: Mapping[str, Any], known: dict[str, int]) -> int:
    """Count the objects and lists that stand within each other, where they do most.

    Args:
        known: The levels of the definitions, as far as they were counted.
    """
    if (reference := schema.get("$ref")) is not None:
        if reference not in known:
            known[reference] = 0
            known[reference] = _levels(definition_of(reference, root), root, known)
        return known[reference]
    own = 1 if schema.keys() & {"properties", "items"} else 0
    return own + max((_levels(each, root, known) for each in parts_of(schema)), default=0)


def _names_and_values(schema: Mapping[str, Any]) -> Iterator[Any]:
    yield from schema.get("properties", ())
    yield from schema.get("$defs", ())
    yield from schema.get("enum", ())
    yield schema.get("const")


def _characters(values: Any) -> int:  # noqa: ANN401 - any values
    return sum(len(each) for each in values if isinstance(each, str))
