"""Runs of kind `response`, from the outside: what the model does, how each run ends, what it cost."""

import pytest
from runrelay_client import Client, calls, text

GET = ("get_order", {"order_id": "A-1"})
REFUND = ("refund_order", {"order_id": "A-1", "cents": 500})
EMAIL = ("send_email", {"to": "ann@example.com", "subject": "Refund", "body": "Done."})
TOOLS = ["get_order", "refund_order", "send_email"]

CREATE, RETRIEVE = "POST /v1/responses", "GET /v1/responses"


def test_a_run_without_tools_costs_two_requests(client: Client):
    run_id = client.start(text("hello"))

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"], run["turn"]) == ("completed", "hello", 1)
    assert run["result"]["object"]["object"] == "response"
    assert run["usage"]["total_tokens"] > 0
    assert client.openai_requests(run_id) == [CREATE, RETRIEVE]


def test_a_call_is_run_and_its_output_given_back(client: Client):
    run_id = client.start(calls(GET), text("shipped"), tools=["get_order"])

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"], run["turn"]) == ("completed", "shipped", 2)
    assert [call["outcome"] for call in run["calls"]] == ["succeeded"]
    assert '"order_id":"A-1"' in client.outputs_sent(run_id)[0]
    assert client.openai_requests(run_id) == [CREATE, RETRIEVE] * 2


def test_parallel_calls_are_gathered_and_answered_in_one_create(client: Client):
    run_id = client.start(
        calls(GET, REFUND, EMAIL, ("get_order", {"order_id": "A-2"})), text("ok"), tools=TOOLS
    )

    run = client.ended(run_id)

    assert [call["outcome"] for call in run["calls"]] == ["succeeded"] * 4
    assert len(client.outputs_sent(run_id)) == 4
    assert client.openai_requests(run_id) == [CREATE, RETRIEVE] * 2
    assert sorted(effect["effect"] for effect in client.effects()) == ["email", "refund"]


def test_every_turn_says_again_what_is_not_carried_over(client: Client):
    request = {
        "model": "gpt-6-astra",
        "input": "go",
        "instructions": "Be brief.",
        "text": {"verbosity": "low"},
        "tool_choice": "required",
    }
    run_id = client.start(calls(GET), calls(REFUND), text("ok"), tools=TOOLS, request=request)

    run = client.ended(run_id)

    first, second, third = client.posted(run_id)
    assert run["status"] == "completed"
    assert [turn["metadata"]["runrelay_turn"] for turn in (first, second, third)] == ["1", "2", "3"]
    for turn in (first, second, third):
        assert turn["metadata"]["runrelay_run_id"] == run_id
        assert turn["metadata"]["scenario"] == run["metadata"]["scenario"]
        assert (turn["background"], turn["store"]) == (True, True)
        assert (turn["instructions"], turn["text"]) == ("Be brief.", {"verbosity": "low"})
        assert [tool["name"] for tool in turn["tools"]] == TOOLS
    assert first["tool_choice"] == "required"
    assert "tool_choice" not in second
    assert client.openai_requests(run_id) == [CREATE, RETRIEVE] * 3


@pytest.mark.parametrize(
    ("call", "code", "words"),
    [
        (("get_order", {"order_id": "missing-1"}), "tool_error", "There is no order missing-1."),
        (("refund_order", {"order_id": "A-1", "cents": -1}), "tool_failed", "The tool refund_order failed."),
        (("get_order", {"order_id": "slow-30"}), "tool_timed_out", "did not finish within 10 s"),
        (("fly_to_the_moon", {}), "unknown_tool", "There is no tool named fly_to_the_moon."),
        (("get_order", {"order_id": 7}), "invalid_arguments", "order_id: Input should be a valid string"),
        (("get_order", {}), "invalid_arguments", "order_id: Field required"),
        (("get_order", {"order_id": "A", "x": 1}), "invalid_arguments", "x: Extra inputs are not permitted"),
        (("get_order", "{broken"), "invalid_arguments", "Invalid JSON"),
    ],
    ids=["raises for the model", "raises", "hangs", "unknown", "wrong type", "missing", "extra", "not JSON"],
)
def test_a_failing_tool_is_an_answer(client: Client, call, code, words):
    run_id = client.start(calls(call), text("sorry"), tools=TOOLS)

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"]) == ("completed", "sorry")
    assert run["calls"][0]["error"]["code"] == code
    assert words in client.outputs_sent(run_id)[0]
    assert client.effects() == []


def test_the_timeline_tells_a_failure_in_full_and_the_model_does_not(client: Client):
    run_id = client.start(calls(("refund_order", {"order_id": "A-1", "cents": -1})), text("ok"), tools=TOOLS)

    client.ended(run_id)

    (ending,) = [event for event in client.timeline(run_id) if event["type"] == "call_ended"]
    assert "HTTPStatusError" in ending["detail"]
    assert "HTTPStatusError" not in client.outputs_sent(run_id)[0]


def test_a_tool_that_was_not_offered_is_unknown(client: Client):
    run_id = client.start(calls(EMAIL), text("ok"), tools=["get_order"])

    run = client.ended(run_id)

    assert run["calls"][0]["error"]["code"] == "unknown_tool"
    assert client.effects() == []


@pytest.mark.parametrize(
    ("turn", "status", "code"),
    [
        ({"fail": {"code": "invalid_prompt", "message": "boom"}}, "failed", "invalid_prompt"),
        ({"incomplete": "max_output_tokens"}, "incomplete", "max_output_tokens"),
    ],
    ids=["failed", "incomplete"],
)
def test_a_turn_that_ends_badly_ends_the_run_with_the_providers_words(client: Client, turn, status, code):
    run_id = client.start({"seconds": 0.1, **turn})

    run = client.ended(run_id)

    assert (run["status"], run["error"]["code"]) == (status, code)
    assert client.openai_requests(run_id) == [CREATE, RETRIEVE]


def test_a_turn_that_failed_for_a_passing_reason_is_begun_again_once(client: Client):
    run_id = client.start({"seconds": 0.1, "fail": {"code": "server_error", "message": "boom"}})

    run = client.ended(run_id)

    assert (run["status"], run["error"]["code"]) == ("failed", "server_error")
    assert client.openai_requests(run_id).count(CREATE) == 2


def test_an_output_item_that_nobody_knows_asks_nothing_and_is_shown(client: Client):
    run_id = client.start({"items": [{"type": "hologram", "id": "h_1"}], "text": "done"})

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"]) == ("completed", "done")
    assert "hologram" in [item["type"] for item in run["result"]["object"]["output"]]


def test_an_output_item_that_waits_for_what_nobody_here_gives_is_named(client: Client):
    run_id = client.start({"items": [{"type": "computer_call", "id": "c_1", "call_id": "call_1"}]})

    assert "computer_call" in client.ended(run_id)["error"]["message"]


def test_a_run_that_loops_ends_at_its_most_turns(client: Client):
    run_id = client.start(*[calls(GET)] * 5, tools=TOOLS, max_turns=2)

    run = client.ended(run_id)

    assert (run["status"], run["error"]["code"], run["turn"]) == ("incomplete", "max_turns", 2)
    assert client.openai_requests(run_id) == [CREATE, RETRIEVE] * 2


def test_a_run_that_openai_refuses_ends_with_its_words(client: Client):
    run_id = client.start(text("x"), request={"input": "no model"})

    run = client.ended(run_id)

    assert run["status"] == "failed"
    assert "model" in run["error"]["message"]


def test_a_rate_limit_is_waited_out_and_costs_no_run(client: Client):
    client.put_faults(api={"429": 0.4, "500": 0.2, "retry_after": 1})
    run_ids = [client.start(calls(GET), text("ok"), tools=TOOLS) for _ in range(3)]

    assert [client.ended(run_id)["status"] for run_id in run_ids] == ["completed"] * 3


def test_a_create_whose_answer_was_lost_is_found_again_by_its_metadata(client: Client):
    client.put_faults(api={"lost_answer": 1})
    run_id = client.start(text("found", seconds=1.5))
    while not client.openai_requests(run_id):
        pass
    client.put_faults()

    run = client.ended(run_id)

    assert (run["status"], run["result"]["output_text"]) == ("completed", "found")
    assert client.openai_requests(run_id).count(CREATE) == 1
