"""Arguments a model could have made up: one valid value for a JSON schema, always the same."""

import math
from typing import Any

from simulator.wire.bodies import JsonObject

# Past this depth of nesting only what is required is filled in, so that a recursive schema ends.
GENEROUS_DEPTH = 4
DEEPEST = 24
FORMATS = {
    "date": "2026-01-31",
    "date-time": "2026-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "email": "someone@example.com",
    "uuid": "00000000-0000-4000-8000-000000000001",
    "uri": "https://example.com/1",
    "url": "https://example.com/1",
    "ipv4": "192.0.2.1",
    "hostname": "example.com",
}


def example_arguments(schema: JsonObject | None) -> JsonObject:
    """Make the arguments of one call from the `parameters` of a function tool."""
    value = _Example(schema or {}).of(schema or {}, "value", 0)
    return value if isinstance(value, dict) else {}


class _Example:
    def __init__(self, root: JsonObject) -> None:
        self._root = root

    def of(self, schema: Any, name: str, depth: int) -> Any:  # noqa: ANN401 - a schema is any JSON, and so is its value
        schema = self._plain(schema, depth)
        if (given := _given(schema)) is not None:
            return given[0]
        value: Any = None
        match _kind(schema):
            case "object":
                value = self._object(schema, depth)
            case "array":
                value = self._array(schema, name, depth)
            case "string":
                value = _text(schema, name)
            case "integer" | "number" as kind:
                value = _number(schema, is_whole=kind == "integer")
            case "boolean":
                value = True
        return value

    def _plain(self, schema: Any, depth: int) -> JsonObject:  # noqa: ANN401
        """Follow references and settle alternatives until the schema says a type itself."""
        for _ in range(DEEPEST):
            if not isinstance(schema, dict):
                return {"type": "string"}
            if "$ref" in schema:
                schema = _pointed_at(self._root, schema["$ref"]) | _without(schema, "$ref")
            elif "allOf" in schema:
                schema = self._merged(schema, depth)
            elif alternatives := schema.get("anyOf") or schema.get("oneOf"):
                schema = _without(schema, "anyOf", "oneOf") | self._preferred(alternatives, depth)
            else:
                return schema
        return {"type": "null"}

    def _merged(self, schema: JsonObject, depth: int) -> JsonObject:
        parts = [self._plain(part, depth) for part in schema["allOf"]]
        whole = _without(schema, "allOf")
        for part in parts:
            properties = whole.get("properties", {}) | part.get("properties", {})
            required = [*whole.get("required", []), *part.get("required", [])]
            whole = part | whole | {"properties": properties, "required": required}
        return whole

    def _preferred(self, alternatives: list[Any], depth: int) -> JsonObject:
        is_null = [isinstance(each, dict) and each.get("type") == "null" for each in alternatives]
        wanted = depth > GENEROUS_DEPTH
        choice = is_null.index(wanted) if wanted in is_null else 0
        return alternatives[choice] if isinstance(alternatives[choice], dict) else {}

    def _object(self, schema: JsonObject, depth: int) -> JsonObject:
        if depth > DEEPEST:
            return {}
        properties = schema.get("properties", {})
        required = schema.get("required", [])
        names = properties if depth <= GENEROUS_DEPTH else [name for name in required if name in properties]
        return {name: self.of(properties[name], name, depth + 1) for name in names}

    def _array(self, schema: JsonObject, name: str, depth: int) -> list[Any]:
        first = schema.get("prefixItems", [])
        fewest = schema.get("minItems", 0 if depth > GENEROUS_DEPTH else 1)
        count = min(max(fewest, len(first)), schema.get("maxItems", math.inf))
        if depth > DEEPEST:
            return []
        items = [*first, *[schema.get("items", {})] * int(count)][: int(count)]
        return [_renumbered(self.of(item, name, depth + 1), at) for at, item in enumerate(items)]


def _given(schema: JsonObject) -> tuple[Any] | None:
    """Find a value that the schema itself names."""
    if "const" in schema:
        return (schema["const"],)
    for key in ("enum", "examples"):
        if key == "examples" and "default" in schema:
            return (schema["default"],)
        if isinstance(schema.get(key), list) and schema[key]:
            return (schema[key][0],)
    return (schema["default"],) if "default" in schema else None


def _kind(schema: JsonObject) -> str:
    kind = schema.get("type")
    if isinstance(kind, list):
        return next((str(each) for each in kind if each != "null"), "null")
    if isinstance(kind, str):
        return kind
    if "properties" in schema:
        return "object"
    return "array" if "items" in schema or "prefixItems" in schema else "string"


def _text(schema: JsonObject, name: str) -> str:
    text = FORMATS.get(schema.get("format", ""), f"{name}-1")
    return text.ljust(schema.get("minLength", 0), "1")[: schema.get("maxLength")]


def _number(schema: JsonObject, *, is_whole: bool) -> float:
    step = schema.get("multipleOf", 1 if is_whole else 0)
    low = schema.get("minimum", -math.inf)
    high = schema.get("maximum", math.inf)
    if "exclusiveMinimum" in schema:
        low = max(low, schema["exclusiveMinimum"] + (step or 0.5))
    if "exclusiveMaximum" in schema:
        high = min(high, schema["exclusiveMaximum"] - (step or 0.5))
    value = min(max(1, low), high)
    if step:
        value = (
            math.ceil(value / step) * step if math.ceil(value / step) * step <= high else high // step * step
        )
    return int(value) if is_whole else value


def _renumbered(value: Any, at: int) -> Any:  # noqa: ANN401
    """Keep the strings of a list apart, for `uniqueItems`."""
    is_made_up = isinstance(value, str) and value.endswith("-1")
    return f"{value[:-1]}{at + 1}" if is_made_up else value


def _pointed_at(root: JsonObject, pointer: str) -> JsonObject:
    found: Any = root
    for step in pointer.removeprefix("#").strip("/").split("/"):
        key = step.replace("~1", "/").replace("~0", "~")
        found = found.get(key, {}) if isinstance(found, dict) and key else found
    return found if isinstance(found, dict) else {}


def _without(schema: JsonObject, *keys: str) -> JsonObject:
    return {key: value for key, value in schema.items() if key not in keys}
