"""Arguments made from a schema are valid by that schema."""

import pytest

from simulator.scenarios.example_arguments import example_arguments


def an_object(**properties):
    return {"type": "object", "properties": properties}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "field-1"),
        ({"type": "string", "enum": ["b", "a"]}, "b"),
        ({"const": 7}, 7),
        ({"type": "string", "default": "d", "examples": ["e"]}, "d"),
        ({"type": "string", "examples": ["e"]}, "e"),
        ({"default": None, "type": "string"}, None),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"type": "string", "minLength": 10}, "field-1111"),
        ({"type": "string", "maxLength": 3}, "fie"),
        ({"type": "integer"}, 1),
        ({"type": "integer", "minimum": 5}, 5),
        ({"type": "integer", "exclusiveMinimum": 5}, 6),
        ({"type": "integer", "maximum": -3}, -3),
        ({"type": "integer", "exclusiveMaximum": 0}, -1),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "number", "minimum": 1.5}, 1.5),
        ({"type": "number", "exclusiveMinimum": 1, "exclusiveMaximum": 2}, 1.5),
        ({"type": "boolean"}, True),
        ({"type": "null"}, None),
        ({"type": ["null", "integer"]}, 1),
        ({"type": ["string", "null"]}, "field-1"),
        ({"anyOf": [{"type": "null"}, {"type": "integer"}]}, 1),
        ({"oneOf": [{"type": "boolean"}, {"type": "integer"}]}, True),
        (
            {"allOf": [an_object(a={"type": "integer"}), an_object(b={"type": "boolean"})]},
            {"a": 1, "b": True},
        ),
        ({"type": "array", "items": {"type": "string"}}, ["field-1"]),
        ({"type": "array", "items": {"type": "string"}, "minItems": 2}, ["field-1", "field-2"]),
        ({"type": "array", "items": {"type": "string"}, "maxItems": 0}, []),
        ({"type": "array", "prefixItems": [{"type": "integer"}, {"type": "boolean"}]}, [1, True]),
        ({"$ref": "#/$defs/Money"}, {"cents": 1}),
        ({"$ref": "#/$defs/Missing"}, "field-1"),
        (an_object(inner=an_object(deep={"type": "string"})), {"inner": {"deep": "deep-1"}}),
        ({"properties": {"a": {"type": "integer"}}}, {"a": 1}),
        (True, "field-1"),
        ({}, "field-1"),
    ],
)
def test_a_field_is_filled_in_by_its_schema(schema, value):
    money = an_object(cents={"type": "integer"})

    arguments = example_arguments(an_object(field=schema) | {"$defs": {"Money": money}})

    assert arguments == {"field": value}


@pytest.mark.parametrize("schema", [None, {}, {"type": "object"}, {"type": "string"}])
def test_a_tool_without_parameters_gets_none(schema):
    assert example_arguments(schema) == {}


def test_a_recursive_schema_ends():
    node = {
        "type": "object",
        "properties": {
            "name": {"type": "string"},
            "next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]},
            "others": {"type": "array", "items": {"$ref": "#/$defs/Node"}},
        },
        "required": ["name", "next", "others"],
    }

    arguments = example_arguments({"$ref": "#/$defs/Node", "$defs": {"Node": node}})

    last = arguments
    while last["next"] is not None:
        last = last["next"]
    assert last == {"name": "name-1", "next": None, "others": []}


def test_a_schema_that_can_have_no_end_is_cut_off():
    node = {"type": "object", "properties": {"next": {"$ref": "#"}}, "required": ["next"]}

    assert "next" in example_arguments(node)


def test_a_reference_to_itself_is_cut_off():
    assert example_arguments(
        an_object(a={"$ref": "#/$defs/A"}) | {"$defs": {"A": {"$ref": "#/$defs/A"}}}
    ) == {"a": None}
