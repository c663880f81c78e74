"""What the model writes is taken only as it should be: nothing missing, nothing more, no coercion."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Literal

import pytest
from pydantic import BaseModel, ValidationError

from functions.tools.tool import ToolContext, tool


class Size(Enum):
    SMALL = "small"


class Address(BaseModel):
    number: int


@dataclass
class Parcel:
    grams: int


@tool()
def ship(
    *,
    count: int,
    weight: float,
    express: bool,
    size: Size,
    via: Literal["air", "sea"],
    at: datetime,
    to: Address,
    parcels: list[Parcel],
    note: str | None = None,
    context: ToolContext,
) -> None: ...


GOOD = {
    "count": 1,
    "weight": 2,
    "express": True,
    "size": "small",
    "via": "air",
    "at": "2026-11-21T09:30:00Z",
    "to": {"number": 7},
    "parcels": [{"grams": 5}],
    "note": None,
}


def test_arguments_come_in_the_types_that_the_function_names():
    arguments = ship.read_arguments(json.dumps(GOOD))

    assert arguments == {
        **GOOD,
        "size": Size.SMALL,
        "at": datetime(2026, 11, 21, 9, 30, tzinfo=UTC),
        "to": Address(number=7),
        "parcels": [Parcel(5)],
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"count": "1"},
        {"count": 1.0},
        {"count": True},
        {"count": None},
        {"weight": "2"},
        {"express": 1},
        {"express": "true"},
        {"size": "SMALL"},
        {"via": "road"},
        {"at": 1_700_000_000},
        {"to": {"number": "7"}},
        {"to": {}},
        {"to": {"number": 7, "street": "x"}},
        {"parcels": {"grams": 5}},
        {"parcels": [{"grams": "5"}]},
        {"parcels": [{"grams": 5, "x": 1}]},
        {"note": 1},
        {"extra": 1},
        {"context": {"run_id": "run_other"}},
    ],
    ids=str,
)
def test_what_breaks_the_schema_is_refused_at_any_depth(changes):
    with pytest.raises(ValidationError):
        ship.read_arguments(json.dumps({**GOOD, **changes}))


@pytest.mark.parametrize("name", GOOD)
def test_nothing_may_be_missing_even_if_python_has_a_default(name):
    rest = {key: value for key, value in GOOD.items() if key != name}

    with pytest.raises(ValidationError, match="Field required"):
        ship.read_arguments(json.dumps(rest))


@pytest.mark.parametrize(
    "text", ["", "null", "[]", '["a"]', '"text"', "7", "{", "{'count': 1}", '{"count": NaN}', "[" * 100_000]
)
def test_what_is_no_object_is_refused(text):
    with pytest.raises(ValidationError):
        ship.read_arguments(text)


def test_the_context_comes_from_us_and_never_from_the_model():
    @tool()
    def who(*, context: ToolContext) -> str:
        return context.run_id

    context = ToolContext("run_1", "call_1", "key", 1, datetime.now(UTC), {})

    assert who.call(who.read_arguments("{}"), context) == "run_1"
