"""What a turn of a Response is begun with."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from contracts.catalog import CatalogEntry
from contracts.records import Run

from functions.worker.providers.provider import CallAnswer, Submission
from functions.worker.providers.responses import create_body

NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)
ANSWERS = (
    CallAnswer("call_1", "function_call", "get_order", None, "A-1", is_success=True),
    CallAnswer("call_2", "function_call", "get_order", None, '{"error":"no"}', is_success=False),
)
ENTRY = CatalogEntry(
    name="get_order",
    description="Look up an order.",
    parameters={"type": "object", "properties": {}, "required": [], "additionalProperties": False},
    effect="pure",
    approval="never",
    timeout=10,
)
OFFERED = {
    "type": "function",
    "name": "get_order",
    "description": "Look up an order.",
    "parameters": ENTRY.parameters,
    "strict": True,
}


def body(turn: int = 1, offered: tuple[CatalogEntry, ...] = (), **request: Any) -> dict[str, Any]:
    run = Run(
        run_id="run_1",
        kind="response",
        status="queued",
        request_key="request#run_1",
        tools=(),
        metadata={"customer": "ann"},
        created_at=NOW,
        updated_at=NOW,
        deadline_at=NOW + timedelta(hours=1),
        max_turns=20,
        turn=turn - 1,
        provider_id="resp_before" if turn > 1 else None,
    )
    answers = ANSWERS if turn > 1 else ()
    return create_body(Submission(run, turn, {"model": "m", "input": "go", **request}, offered, answers))


def test_the_first_turn_is_what_the_client_asked_for_in_the_background_under_the_runs_name():
    assert body() == {
        "model": "m",
        "input": "go",
        "background": True,
        "store": True,
        "metadata": {"customer": "ann", "runrelay_run_id": "run_1", "runrelay_turn": "1"},
    }


def test_a_later_turn_gives_all_outputs_back_at_once():
    assert body(turn=2) == {
        "model": "m",
        "previous_response_id": "resp_before",
        "input": [
            {"type": "function_call_output", "call_id": "call_1", "output": "A-1"},
            {"type": "function_call_output", "call_id": "call_2", "output": '{"error":"no"}'},
        ],
        "background": True,
        "store": True,
        "metadata": {"customer": "ann", "runrelay_run_id": "run_1", "runrelay_turn": "2"},
    }


def test_in_a_conversation_no_turn_names_the_one_before():
    later = body(turn=2, conversation="conv_1")

    assert later["conversation"] == "conv_1"
    assert "previous_response_id" not in later


def test_a_run_that_continues_somebody_elses_response_continues_its_own_from_the_second_turn_on():
    assert body(previous_response_id="resp_of_the_client")["previous_response_id"] == "resp_of_the_client"
    assert body(turn=2, previous_response_id="resp_of_the_client")["previous_response_id"] == "resp_before"


@pytest.mark.parametrize("turn", [1, 2])
def test_what_is_not_carried_over_is_said_every_turn_and_unknown_options_pass_through(turn):
    request = {
        "instructions": "Be brief.",
        "text": {"verbosity": "low"},
        "reasoning": {"effort": "high"},
        "an_option_of_tomorrow": [1, {"x": None}],
    }

    assert body(turn, **request).items() >= request.items()


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.parametrize(
    "changes", [{"background": False}, {"store": False}, {"metadata": {"runrelay_run_id": "x"}}]
)
def test_what_a_run_needs_is_not_the_clients_to_change(turn, changes):
    made = body(turn, **changes)

    assert (made["background"], made["store"], made["metadata"]["runrelay_run_id"]) == (True, True, "run_1")


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.parametrize("offered", [(), (ENTRY,)], ids=["no tools", "tools"])
@pytest.mark.parametrize(
    "name",
    [
        *("tools", "tool_choice", "conversation", "previous_response_id", "metadata", "background", "store"),
        *("stream", "reasoning", "an_option_of_tomorrow"),
    ],
)
def test_a_null_is_absence(turn, offered, name):
    assert body(turn, offered, **{name: None}) == body(turn, offered)


@pytest.mark.parametrize("turn", [1, 2])
def test_the_catalogs_tools_stand_behind_the_clients_own(turn):
    hosted = {"type": "web_search"}

    assert body(turn, (ENTRY,), tools=[hosted])["tools"] == [hosted, OFFERED]
    assert body(turn, (ENTRY,))["tools"] == [OFFERED]


ALLOWED = {"type": "allowed_tools", "tools": [{"type": "function", "name": "get_order"}]}


@pytest.mark.parametrize(
    ("tool_choice", "later"),
    [
        ("auto", "auto"),
        ("none", "none"),
        ("required", None),
        ({"type": "function", "name": "get_order"}, None),
        (ALLOWED | {"mode": "auto"}, ALLOWED | {"mode": "auto"}),
        (ALLOWED | {"mode": "required"}, None),
    ],
    ids=str,
)
def test_a_choice_that_forces_a_call_is_for_the_first_turn_alone(tool_choice, later):
    assert body(tool_choice=tool_choice)["tool_choice"] == tool_choice
    assert body(turn=2, tool_choice=tool_choice).get("tool_choice") == later


def test_the_clients_request_is_left_as_it_is():
    request = {"tools": [{"type": "web_search"}], "metadata": {}, "tool_choice": "required"}

    body(2, (ENTRY,), **request)

    assert request == {"tools": [{"type": "web_search"}], "metadata": {}, "tool_choice": "required"}
