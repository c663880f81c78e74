"""What is read out of a Response, whatever its shape."""

from typing import Any, get_args

import pytest
from contracts.records import Failure
from openai.types.responses.response_output_item import ResponseOutputItem

from functions.worker.core.observation import RequestedCall, TurnSeen
from functions.worker.providers.output_items import ASKS
from functions.worker.providers.response_object import turn_seen

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


@pytest.mark.parametrize("kind", ["mcp_call", "shell_call", "an_item_of_tomorrow", ""])
def test_openai_may_have_done_something_outside_where_an_item_says_so_or_is_not_known(kind):
    assert see(message("I begin."), {"type": kind, "id": "x_1"}).may_have_acted


@pytest.mark.parametrize("kind", sorted({*ASKS} - {"mcp_call", "shell_call"}))
def test_any_other_item_does_nothing_outside_by_itself(kind):
    assert not see(message("I begin."), {"type": kind, "id": "x_1", "call_id": "call_1"}).may_have_acted


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
    ],
)
def test_what_waits_for_an_answer_that_we_cannot_give_is_named(item_type):
    seen = see(CALL, {"type": item_type, "call_id": "x"})

    assert seen.unanswerable == (item_type,)
    assert len(seen.calls) == 1


@pytest.mark.parametrize(
    "item",
    [
        {"type": "hologram"},
        {"type": "hologram_call", "call_id": "x", "status": "in_progress"},
        {"type": ["function_call"], "call_id": "x"},
        {"type": "tool_search_call", "execution": "server", "call_id": None},
        {"type": "tool_search_call", "execution": "server", "call_id": "x"},
        {"type": "tool_search_call", "call_id": None},
        {"type": "shell_call", "call_id": "x", "environment": {"type": "container_reference"}},
        {"type": "custom_tool_call", "call_id": "x", "async": True},
    ],
    ids=str,
)
def test_what_is_new_to_us_or_runs_elsewhere_asks_nothing_of_us(item):
    seen = see(item, message("done"))

    assert (seen.unanswerable, seen.calls, seen.output_text) == ((), (), "done")


@pytest.mark.parametrize(
    "item",
    [
        {"type": "tool_search_call", "execution": "client", "call_id": "x"},
        {"type": "tool_search_call", "execution": "client"},
        {"type": "shell_call", "call_id": "x", "environment": {"type": "local"}, "status": "completed"},
        {"type": "computer_call", "call_id": "x", "status": "completed"},
        {"type": "custom_tool_call", "call_id": "x", "async": False},
        {"type": "function_call", "name": "get_order", "arguments": "{}"},
        {"type": "mcp_approval_request", "name": "n", "server_label": "s"},
    ],
    ids=str,
)
def test_what_is_ours_to_do_and_cannot_be_done_is_named_whatever_its_status(item):
    assert see(item, message("done")).unanswerable == (item["type"],)


@pytest.mark.parametrize(
    ("item", "answer"),
    [
        (CALL, {"type": "function_call_output", "call_id": "call_1"}),
        ({"type": "custom_tool_call", "call_id": "x"}, {"type": "custom_tool_call_output", "call_id": "x"}),
        ({"type": "local_shell_call", "call_id": "x"}, {"type": "local_shell_call_output", "id": "x"}),
        (
            {"type": "tool_search_call", "execution": "client", "call_id": "x"},
            {"type": "tool_search_output", "execution": "client", "call_id": "x"},
        ),
        (
            {"type": "mcp_approval_request", "id": "mcpr_1", "name": "n", "server_label": "s"},
            {"type": "mcp_approval_response", "approval_request_id": "mcpr_1", "approve": True},
        ),
    ],
    ids=lambda item: item["type"],
)
def test_what_is_answered_beside_it_asks_nothing_of_us(item, answer):
    seen = see(item, answer)

    assert (seen.unanswerable, seen.calls) == ((), ())


def test_each_type_of_output_item_that_the_sdk_knows_is_in_the_table():
    union, _ = get_args(ResponseOutputItem)
    types = {word for item in get_args(union) for word in get_args(item.model_fields["type"].annotation)}

    assert set(ASKS) == types


def test_what_the_model_said_when_it_refused_is_kept_beside_what_it_said_else():
    refusal = {"type": "message", "content": [{"type": "refusal", "refusal": "I will not."}]}

    assert (see(refusal).refusal, see(refusal).output_text) == ("I will not.", "")
    assert (see(message("But:"), refusal).refusal, see(message("But:")).refusal) == ("I will not.", "")


def test_a_call_tells_which_program_asked_for_it():
    caller = {"type": "program", "caller_id": "call_p"}

    assert [call.caller for call in see({**CALL, "caller": caller}, CALL).calls] == [caller, None]


@pytest.mark.parametrize("name", [None, "", 7, "get_\ufffd", "\0"])
def test_a_name_that_can_be_no_tools_is_asked_for_all_the_same(name):
    (call,) = see({**CALL, "name": name}).calls

    assert (call.call_id, call.name) == ("call_1", name if isinstance(name, str) else "")


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
