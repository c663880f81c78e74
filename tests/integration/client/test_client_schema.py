"""The client's models are the API's, field by field: neither has one that the other does not know."""

from dataclasses import MISSING, Field, fields
from datetime import datetime
from types import NoneType, UnionType
from typing import Any, Required, get_args, get_origin, get_type_hints, is_typeddict

import httpx2
import pytest

from runrelay.client import models, operations

VIEWS = {
    "CallView": models.Call,
    "DeletionView": models.Deletion,
    "FailureView": models.Failure,
    "Problem": models.Problem,
    "ResultView": models.Result,
    "RunPage": models.RunPage,
    "RunSummary": models.RunSummary,
    "RunView": models.Run,
    "Timeline": models.Timeline,
    "TimelineEntry": models.TimelineEntry,
    "TurnView": models.Turn,
    "UnreadableItem": models.UnreadableItem,
    "UnreadableRun": models.UnreadableRun,
    "WrongField": models.WrongField,
}
OWN = {("TimelineEntry", "known"), ("UnreadableRun", "known")}
"""Where the client keeps what has no field."""

INPUTS = {"StartRun", "Decide", "GiveOutput"}
SAME = {"UnreadableRunView"}
"""Is read as `UnreadableRun`, with all else that is in it."""


@pytest.fixture
def schema(server) -> dict[str, Any]:
    document: dict[str, Any] = httpx2.get(f"{server.url}/openapi.json", trust_env=False).json()
    return document


def test_every_object_of_the_schema_has_its_model(schema):
    objects = {name for name, each in schema["components"]["schemas"].items() if "properties" in each}

    assert objects == VIEWS.keys() | INPUTS | SAME


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_model_has_the_fields_of_the_schema_and_no_others(schema, name):
    told = schema["components"]["schemas"][name]["properties"].keys()

    assert told == {each.name for each in fields(VIEWS[name]) if (name, each.name) not in OWN}


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_field_is_of_the_type_of_the_schema(schema, name):
    hints = get_type_hints(VIEWS[name])
    told = schema["components"]["schemas"][name]["properties"]

    assert {field: types_told(each, schema) for field, each in told.items()} == {
        field: types_here(hints[field], field) for field in told
    }


@pytest.mark.parametrize("name", sorted(VIEWS))
def test_a_field_that_the_api_may_leave_out_has_a_default(schema, name):
    required = set(schema["components"]["schemas"][name].get("required", []))
    needed = {each.name for each in fields(VIEWS[name]) if is_needed(each)}

    assert needed <= required
    assert required - needed <= {"type"}  # of a problem, which gateways in between leave out


def is_needed(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def types_told(told: Any, schema: Any) -> frozenset[str]:
    """Say of what types a value may be, as words."""
    if "$ref" in told:
        name = told["$ref"].rpartition("/")[2]
        if name in VIEWS:
            return frozenset({VIEWS[name].__name__})
        return types_told(schema["components"]["schemas"][name], schema)
    if several := told.get("anyOf"):
        return frozenset().union(*(types_told(each, schema) for each in several))
    if told["type"] == "array":
        return frozenset({f"list of {each}" for each in types_told(told["items"], schema)})
    return frozenset({told["type"]})


WORDS = {str: "string", int: "integer", bool: "boolean", NoneType: "null", datetime: "string"}
MOMENTS = {"deadline", "at"}


def types_here(hint: Any, field: str) -> frozenset[str]:
    origin = get_origin(hint)
    if origin is UnionType:
        return frozenset().union(*(types_here(each, field) for each in get_args(hint)))
    if origin is tuple:
        return frozenset({f"list of {each}" for each in types_here(get_args(hint)[0], field)})
    if origin is not None:
        return frozenset({"object"})
    if hint is datetime or field.endswith("_at") or field in MOMENTS or field == "wait_until":
        assert hint in {datetime, NoneType}, f"{field} is a moment"
    return frozenset({WORDS.get(hint) or hint.__name__})


def test_what_a_run_is_started_with_is_what_the_schema_takes(schema):
    body = schema["components"]["schemas"]["StartRun"]
    parameters = schema["paths"]["/runs"]["post"]["parameters"]
    headers = {each["name"].lower().replace("-", "_") for each in parameters}
    hints = get_type_hints(operations.StartArguments, include_extras=True)

    assert is_typeddict(operations.StartArguments)
    assert hints.keys() == body["properties"].keys() | headers
    needed = {name for name, hint in hints.items() if get_origin(hint) is Required}
    assert needed == set(body["required"]) - {"kind"}


def test_what_a_list_is_asked_for_by_is_what_the_schema_takes(schema):
    parameters = schema["paths"]["/runs"]["get"]["parameters"]

    own = operations.ListArguments.__annotations__.keys()
    assert {each["name"] for each in parameters} == own | {"limit", "cursor"}


@pytest.mark.parametrize("name", ["Kind", "Status"])
def test_the_words_to_ask_with_are_those_of_the_schema(schema, name):
    assert set(get_args(getattr(models, name).__value__)) == set(
        schema["components"]["schemas"][name]["enum"]
    )


def test_every_route_has_its_method(schema):
    methods = {
        ("get", "/runs"): "list",
        ("post", "/runs"): "start",
        ("get", "/runs/{run_id}"): "get",
        ("delete", "/runs/{run_id}"): "delete",
        ("get", "/runs/{run_id}/events"): "events",
        ("post", "/runs/{run_id}/cancel"): "cancel",
        ("post", "/runs/{run_id}/calls/{call_id}/decision"): "decide",
        ("post", "/runs/{run_id}/calls/{call_id}/output"): "give_output",
        ("get", "/openapi.json"): None,
    }

    assert {(method, path) for path, each in schema["paths"].items() for method in each} == methods.keys()
