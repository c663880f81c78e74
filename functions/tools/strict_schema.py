"""OpenAI's strict kind of JSON schema: every object closed, every property required, nothing left open.

With `strict` the model can only write arguments that fit, and OpenAI refuses any other schema with a 400 in
the middle of a run; so a schema that cannot be strict is refused here, when the catalog is made. Rules: the
"Supported schemas" of the Structured Outputs guide, and the SDK's own `to_strict_json_schema`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

_NAMES_TO_SCHEMAS = ("properties", "$defs")
_DROPPED = frozenset(
    {"additionalProperties", "default", "deprecated", "examples", "readOnly", "title", "writeOnly"}
)
"""Nothing that a model must know, or said again below."""

_STRICT = frozenset(
    {
        *("$defs", "$ref", "anyOf", "const", "description", "enum", "type"),
        *("format", "maxLength", "minLength", "pattern"),
        *("exclusiveMaximum", "exclusiveMinimum", "maximum", "minimum", "multipleOf"),
        *("items", "maxItems", "minItems", "properties", "required"),
    }
)
FORMATS = frozenset({"date", "date-time", "duration", "email", "hostname", "ipv4", "ipv6", "time", "uuid"})

_ESCAPED = re.compile(r"\\.|\[\^?\]?[^\]]*\]")
_LOOKS_AROUND = re.compile(r"\(\?(=|!|<=|<!|P=|\()")
_REFERS_BACK = re.compile(r"(?<!\\)(\\\\)*\\([1-9]|[kg][<{'])")


INSTEAD = "Take a str, a number, a list, an Enum, a dataclass or a model."


class NotStrictError(ValueError):
    """A schema has no strict form; the message completes `it ...`."""


def strict(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Write pydantic's schema in the strict form, without made-up titles.

    Raises:
        NotStrictError: It has none: a mapping with any keys, a tuple, a set, anything at all, a format that
            OpenAI does not know.
    """
    return _schema(schema, schema.get("$defs", {}))


def subschemas(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give a schema and all that stands in it, the definitions, too."""
    yield schema
    for each in (*parts_of(schema), *schema.get("$defs", {}).values()):
        yield from subschemas(each)


def parts_of(schema: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Give the schemas of what is right within a value."""
    yield from schema.get("properties", {}).values()
    yield from schema.get("anyOf", ())
    if "items" in schema:
        yield schema["items"]


def definition_of(reference: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """Find what a reference refers to."""
    definition: Mapping[str, Any] = root["$defs"][reference.removeprefix("#/$defs/")]
    return definition


def _schema(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if "$ref" in schema and len(schema) > 1:  # OpenAI takes no keyword beside a reference
        name = schema["$ref"].removeprefix("#/$defs/")
        beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
        return _schema({**definitions[name], **beside}, definitions)
    _refuse_what_is_open(schema)
    parts = {
        keyword: _part(keyword, value, definitions)
        for keyword, value in schema.items()
        if keyword not in _DROPPED
    }
    if "properties" in parts:
        return {"additionalProperties": False, **parts, "required": list(parts["properties"])}
    return parts


def _part(keyword: str, value: Any, definitions: Mapping[str, Any]) -> Any:  # noqa: ANN401 - any part of a schema
    match value:
        case dict() if keyword in _NAMES_TO_SCHEMAS:
            return {name: _schema(each, definitions) for name, each in value.items()}
        case dict():
            return _schema(value, definitions)
        case list() if keyword == "anyOf":
            return [_schema(each, definitions) for each in value]
        case _:
            return value


def _refuse_what_is_open(schema: Mapping[str, Any]) -> None:
    if unsupported := sorted(schema.keys() - _STRICT - _DROPPED):
        raise NotStrictError(f"is not strict: OpenAI takes no {', '.join(unsupported)}. {INSTEAD}")
    if schema.get("type") == "object" and "properties" not in schema:
        raise NotStrictError("is not strict: it may have any keys. Name them in a dataclass or a model.")
    if not schema.keys() & {"type", "anyOf", "$ref", "enum", "const"}:
        raise NotStrictError(f"is not strict: it may be anything. {INSTEAD}")
    _refuse_other_texts(schema)


def _refuse_other_texts(schema: Mapping[str, Any]) -> None:
    known = ", ".join(sorted(FORMATS))
    if (form := schema.get("format")) is not None and form not in FORMATS:
        raise NotStrictError(
            f"is not strict: OpenAI takes no format {form}, only {known}. Take a str and read it."
        )
    pattern = str(schema.get("pattern", ""))
    if _LOOKS_AROUND.search(_ESCAPED.sub("", pattern)) or _REFERS_BACK.search(pattern):
        raise NotStrictError(
            f"is not strict: OpenAI takes no pattern that looks ahead, behind or back: {pattern}. "
            "Take a simpler one, and check the rest in the tool."
        )
