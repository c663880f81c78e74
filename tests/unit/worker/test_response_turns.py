"""What is read out of a Response, whatever its shape."""

from typing import Any

import pytest
from contracts.records import Failure

from functions.worker.core.observation import RequestedCall, TurnSeen
from functions.worker.openai.response_object import turn_seen

CALL = {
    "type": "function_call",
    "id": "fc_1",
    "call_id": "call_1",
    "name": "get_order",
    "arguments": '{"order_id":"A-1"}',
}


def see(*output: Any, **facts: Any) -> TurnSeen:
    return turn_seen({"id": "resp_1", "status": "completed", "output": list(output), **facts})


def message(*texts: str) -> dict[str, Any]:
    return {"type": "message", "content": [{"type": "output_text", "text": text} for text in texts]}


def test_a_response_is_read_as_a_turn():
    response = {
        "id": "resp_1",
        "object": "response",
        "status": "completed",
        "output": [{"type": "reasoning", "summary": []}, message("Let me look."), CALL],
        "usage": {"total_tokens": 7},
        "metadata": {"runrelay_run_id": "run_1", "runrelay_turn": "3"},
        "error": None,
        "incomplete_details": None,
    }

    assert turn_seen(response) == TurnSeen(
        provider_id="resp_1",
        status="completed",
        calls=(RequestedCall("call_1", "get_order", '{"order_id":"A-1"}'),),
        unanswerable=(),
        output_text="Let me look.",
        usage={"total_tokens": 7},
        error=None,
        run_id="run_1",
        run_turn=3,
        body=response,
    )


def test_parallel_calls_keep_their_order_and_their_arguments_as_they_were_written():
    second = {**CALL, "call_id": "call_2", "arguments": "{broken"}

    assert [(call.call_id, call.arguments) for call in see(CALL, second).calls] == [
        ("call_1", CALL["arguments"]),
        ("call_2", "{broken"),
    ]


def test_the_text_is_that_of_all_messages_and_of_nothing_else():
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "no"}]}

    seen = see(message("a", "b"), refusal, {"type": "reasoning", "content": [{"text": "x"}]}, message("c"))

    assert seen.output_text == "abc"


@pytest.mark.parametrize(
    ("facts", "failure"),
    [
        ({"error": {"code": "server_error", "message": "boom"}}, Failure("server_error", "boom")),
        ({"error": {"code": None, "message": None}}, Failure("unknown", "")),
        (
            {"incomplete_details": {"reason": "max_output_tokens"}},
            Failure("max_output_tokens", "The turn was cut short."),
        ),
        ({"incomplete_details": {"reason": None}}, Failure("unknown", "The turn was cut short.")),
        ({"error": None, "incomplete_details": None}, None),
        ({"error": {}, "incomplete_details": {}}, None),
    ],
    ids=str,
)
def test_why_a_turn_ended_badly_is_said_in_the_providers_words(facts, failure):
    assert see(**facts).error == failure


@pytest.mark.parametrize(
    "item_type",
    [
        "additional_tools",
        "code_interpreter_call",
        "compaction",
        "file_search_call",
        "image_generation_call",
        "mcp_call",
        "mcp_list_tools",
        "message",
        "reasoning",
        "tool_search_output",
        "web_search_call",
    ],
)
def test_what_openai_does_by_itself_asks_nothing_of_us(item_type):
    assert see({"type": item_type, "call_id": "x"}).unanswerable == ()


@pytest.mark.parametrize(
    "item_type",
    [
        "apply_patch_call",
        "computer_call",
        "custom_tool_call",
        "local_shell_call",
        "mcp_approval_request",
        "shell_call",
        "tool_search_call",
        "hologram",
    ],
)
def test_what_waits_for_an_answer_that_we_cannot_give_is_named(item_type):
    seen = see(CALL, {"type": item_type, "call_id": "x"})

    assert seen.unanswerable == (item_type,)
    assert len(seen.calls) == 1


@pytest.mark.parametrize("item_type", ["shell_call", "computer_call", "apply_patch_call"])
def test_a_call_that_openai_answered_itself_asks_nothing_of_us(item_type):
    call = {"type": item_type, "call_id": "x"}
    answer = {"type": f"{item_type}_output", "call_id": "x"}
    of_another = {"type": f"{item_type}_output", "call_id": "y"}

    assert see(call, answer).unanswerable == ()
    assert see(call, of_another).unanswerable == (item_type,)


@pytest.mark.parametrize(
    "metadata",
    [None, {}, [], *({"runrelay_turn": number} for number in ("", "x", "-1", "1.5", "²"))],
)
def test_a_turn_without_a_number_has_none(metadata):
    assert see(metadata=metadata).run_turn is None


@pytest.mark.parametrize("output", [None, [], {}])
def test_no_output_is_nothing(output):
    seen = see(output=output)

    assert (seen.calls, seen.unanswerable, seen.output_text) == ((), (), "")


@pytest.mark.parametrize(
    "facts",
    [
        {"output": [{"type": "message", "content": None}]},
        {"output": [{"type": "message"}]},
        {"usage": None},
        {"status": "a_word_of_tomorrow"},
        {"output": [None]},
        {"output": [{}]},
        {"output": [{"type": None}]},
        {"output": "text"},
        {"output": [{"type": "function_call", "call_id": "c", "name": "n"}]},
        {"output": [{"type": "message", "content": "text"}]},
        {"output": [{"type": "message", "content": [None]}]},
        {"output": [{"type": "message", "content": [{}]}]},
        {"output": [{"type": "message", "content": [{"type": "output_text"}]}]},
        {"metadata": {"runrelay_turn": 1}},
        {"metadata": {"runrelay_turn": None}},
        {"error": "text"},
        {"incomplete_details": "text"},
    ],
    ids=str,
)
def test_a_broken_shape_is_read_as_far_as_it_goes(facts):
    assert see(**facts).provider_id == "resp_1"
