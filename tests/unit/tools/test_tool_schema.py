"""What the model is told of a function: a strict schema, made from signature and docstring."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Annotated, Any, Literal

import pytest
from openai.lib._pydantic import to_strict_json_schema
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, create_model

from functions.tools.tool import ToolContext, tool


class Size(Enum):
    SMALL = "small"
    LARGE = "large"


class Address(BaseModel):
    street: str
    country: str = "IE"


@dataclass
class Parcel:
    grams: int
    fragile: bool = False


class Node(BaseModel):
    children: "list[Node]"


class Open(BaseModel):
    model_config = ConfigDict(extra="allow", title="An open one")

    name: str


def schema_of(function: Any) -> Any:
    return tool()(function).entry.parameters


def properties_of(function: Any) -> Any:
    return schema_of(function)["properties"]


def a_function_of(hint: Any) -> Any:
    def a_tool(parcel): ...

    a_tool.__annotations__["parcel"] = hint
    return a_tool


def closed(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def test_an_entry_says_all_that_is_declared():
    @tool(effect="keyed", approval="always", timeout=7)
    def refund(order_id: str, cents: int, *, context: ToolContext) -> int:
        """Refund part of an order.

        It cannot be taken back.

        Args:
            order_id: The order's id.
        """

    entry = refund.entry

    assert (entry.name, entry.effect, entry.approval, entry.timeout) == ("refund", "keyed", "always", 7)
    assert entry.description == "Refund part of an order.\n\nIt cannot be taken back."
    assert entry.parameters == closed(
        order_id={"type": "string", "description": "The order's id."}, cents={"type": "integer"}
    )


@pytest.mark.parametrize(
    ("hint", "schema"),
    [
        (str, {"type": "string"}),
        (bool, {"type": "boolean"}),
        (float, {"type": "number"}),
        (datetime, {"type": "string", "format": "date-time"}),
        (Literal["a", "b"], {"type": "string", "enum": ["a", "b"]}),
        (list[int], {"type": "array", "items": {"type": "integer"}}),
        (int | None, {"anyOf": [{"type": "integer"}, {"type": "null"}]}),
        (Annotated[int, Field(ge=1)], {"type": "integer", "minimum": 1}),
        (Annotated[int, Field(description="How many.")], {"type": "integer", "description": "How many."}),
        (Size, {"$ref": "#/$defs/Size"}),
        (Address, {"$ref": "#/$defs/Address"}),
        (Address | None, {"anyOf": [{"$ref": "#/$defs/Address"}, {"type": "null"}]}),
    ],
    ids=str,
)
def test_a_type_becomes_its_schema(hint, schema):
    assert properties_of(a_function_of(hint)) == {"parcel": schema}


def test_what_is_nested_is_defined_beside_and_closed_too():
    definitions = schema_of(a_function_of(list[Address | Parcel | Size | Open]))["$defs"]

    assert definitions == {
        "Address": closed(street={"type": "string"}, country={"type": "string"}),
        "Parcel": closed(grams={"type": "integer"}, fragile={"type": "boolean"}),
        "Size": {"type": "string", "enum": ["small", "large"]},
        "Open": closed(name={"type": "string"}),
    }


def test_a_type_may_hold_itself():
    assert schema_of(a_function_of(Node))["$defs"] == {
        "Node": closed(children={"type": "array", "items": {"$ref": "#/$defs/Node"}})
    }


def test_a_default_does_not_make_a_parameter_optional_for_the_model():
    def search(query: str, limit: int = 10, cursor: str | None = None): ...

    assert schema_of(search) == closed(
        query={"type": "string"},
        limit={"type": "integer"},
        cursor={"anyOf": [{"type": "string"}, {"type": "null"}]},
    )


def test_a_described_reference_is_written_out_because_openai_takes_nothing_beside_one():
    def ship(size: Size, to: Address):
        """Ship.

        Args:
            size: How large.
            to: Where to.
        """

    assert properties_of(ship) == {
        "size": {"type": "string", "enum": ["small", "large"], "description": "How large."},
        "to": {
            **closed(street={"type": "string"}, country={"type": "string"}),
            "description": "Where to.",
        },
    }


@pytest.mark.parametrize("hint", [Address, Node, list[Parcel], Size | None, Annotated[int, Field(gt=2)]])
def test_a_schema_is_what_the_sdk_itself_makes_of_a_type(hint):
    of_the_sdk = to_strict_json_schema(TypeAdapter(hint))

    ours = schema_of(a_function_of(hint))

    inlined = ours["properties"]["parcel"]
    reference = inlined.get("$ref", "").removeprefix("#/$defs/")
    assert plain(ours.get("$defs", {}).get(reference, inlined)) == plain(without_definitions(of_the_sdk))


def plain(schema: Any) -> Any:
    """Leave out titles and defaults, which say nothing to a model."""
    match schema:
        case dict():
            return {
                key: plain(value)
                for key, value in schema.items()
                if not (key in ("title", "default") and not isinstance(value, dict))
            }
        case list():
            return [plain(each) for each in schema]
        case _:
            return schema


def without_definitions(schema: dict[str, Any]) -> Any:
    definitions = schema.pop("$defs", {})
    reference = schema.get("$ref", "").removeprefix("#/$defs/")
    return definitions.get(reference, schema)


def test_a_tool_without_parameters_takes_an_empty_object():
    def now(*, context: ToolContext): ...

    assert schema_of(now) == closed()


def test_a_parameter_may_have_any_name_python_or_json_schema_knows():
    def odd(*, title: str, default: str, properties: str, schema: str, copy: bool, model_dump: int): ...

    names = ["title", "default", "properties", "schema", "copy", "model_dump"]
    assert list(properties_of(odd)) == names
    arguments = tool()(odd).read_arguments(
        '{"title":"a","default":"b","properties":"c","schema":"d","copy":true,"model_dump":1}'
    )
    assert list(arguments) == names


def with_any_number(*parcels: int): ...
def with_any_name(**parcels: int): ...
def with_a_place(parcel: int, /): ...
def without_a_type(parcel): ...
def with_an_unknown_type(parcel: "Unheard"): ...  # noqa: F821
async def asynchronous(parcel: int): ...


@pytest.mark.parametrize(
    ("function", "parameter"),
    [
        (with_any_number, "parcels"),
        (with_any_name, "parcels"),
        (with_a_place, "parcel"),
        (without_a_type, "parcel"),
        (with_an_unknown_type, "Unheard"),
        (asynchronous, "async"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_signature_that_cannot_be_told_is_refused_by_name(function, parameter):
    with pytest.raises(
        TypeError, match=rf"(?s)({parameter}.*{function.__name__}|{function.__name__}.*{parameter})"
    ):
        schema_of(function)


@pytest.mark.parametrize(
    "hint",
    [
        Any,
        object,
        dict[str, int],
        Mapping[str, str],
        list[Any],
        list[dict[str, int]],
        tuple[int, str],
        set[int],
        type("Alien", (), {}),
    ],
    ids=str,
)
def test_a_type_that_openai_would_refuse_is_refused_by_name_when_the_catalog_is_made(hint):
    with pytest.raises(TypeError, match=r"^parcel, a parameter of the tool a_tool: its type .+"):
        schema_of(a_function_of(hint))


def nested(levels: int) -> Any:
    hint: Any = str
    for number in range(levels):
        hint = create_model(f"Level{number}", within=(hint, ...))
    return hint


def choice_of(values: int, characters: int) -> Any:
    return Literal[*(str(number).zfill(characters) for number in range(values))]  # type: ignore[valid-type]


class Left(BaseModel):
    right: "Right | None"
    deep: nested(7)  # type: ignore[valid-type]


class Right(BaseModel):
    left: Left
    lefts: list[Left]


@pytest.mark.parametrize(
    "hint",
    [
        nested(10),
        list[list[nested(8)] | None],  # type: ignore[misc]
        Node,
        Right,
        create_model("Wide", **{f"a{number}": (str, ...) for number in range(4999)}),  # type: ignore[call-overload]
        choice_of(1000, 15),
        choice_of(250, 400),
        Literal["x" * 119_994],  # and the name of the parameter
        Literal[1, 2.5],
        Literal["a", None],  # noqa: PYI061 - another schema than that of a union
        Literal[True, False],
        Annotated[float, Field(ge=-0.5, le=10**30)],
    ],
    ids=[
        *("levels", "lists and levels", "itself", "each other", "properties", "values", "a large enum"),
        *("characters", "numbers", "null", "truths", "limits"),
    ],
)
def test_the_most_that_openai_takes_is_taken(hint):
    assert list(properties_of(a_function_of(hint))) == ["parcel"]


def test_a_large_enum_has_as_many_characters_as_openai_takes():
    values = [str(number).zfill(59) for number in range(250)]

    assert properties_of(a_function_of(Literal[*values, "x" * 250]))
    with pytest.raises(TypeError, match="15001 characters in an enum of more than 250 values"):
        schema_of(a_function_of(Literal[*values, "x" * 251]))
