"""Calls as the model asked for them: in its order everywhere, each answered, whatever it wrote."""

import json
from typing import Any

import httpx2
import pytest

from tests.harness.gateway import proxy_event
from tests.harness.scenario import calling, saying
from tests.integration.worker.traffic import announced, posted

KINDS = ["response", "session", "thread"]
IDS = ["zz", "mm", "aa", "nn"]
DEEP = "[" * 20_000
HALF = "@HALF@"
"""Stands in a scenario for half a surrogate pair, which OpenAI can spell and the simulator cannot."""


@pytest.fixture(autouse=True)
def _halves(monkeypatch):
    """Have each answer hold the halves that its scenario asked for."""
    send = httpx2.HTTPTransport.handle_request

    def spell(transport: httpx2.HTTPTransport, request: httpx2.Request) -> httpx2.Response:
        answer = send(transport, request)
        content = answer.read().replace(HALF.encode(), rb"\ud83d")
        return httpx2.Response(answer.status_code, headers={"content-type": "text/json"}, content=content)

    monkeypatch.setattr(httpx2.HTTPTransport, "handle_request", spell)


def asking(*calls: dict[str, Any]) -> dict[str, Any]:
    order = {"name": "get_order", "arguments": {"order_id": "A-1"}}
    return {"seconds": 0, "calls": [{**order, **call} for call in calls]}


def showing(*items: dict[str, Any]) -> dict[str, Any]:
    return {"seconds": 0, "items": [{"status": "completed", **item} for item in items]}


def a_call(**facts: Any) -> dict[str, Any]:
    call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": "get_order"}
    return {**call, "arguments": '{"order_id": "A-1"}', **facts}


def answered_ids(world: Any, kind: str) -> list[str]:
    match kind:
        case "response":
            return [item["call_id"] for item in posted(world, "/responses")[1]["input"]]
        case "session":
            return [event["call_id"] for each in posted(world, "/events") for event in each["events"]]
        case _:
            outputs = posted(world, "/submit_tool_outputs")
            return [output["tool_call_id"] for each in outputs for output in each["tool_outputs"]]


@pytest.mark.parametrize("kind", KINDS)
def test_parallel_calls_keep_the_order_in_which_they_were_asked(world, kind):
    calls = [{"name": "ask_warehouse", "arguments": {"question": each}, "call_id": each} for each in IDS]
    run_id = world.start(asking(*calls), saying("done"), kind=kind, tools=["ask_warehouse"])
    world.step_until(lambda: world.run(run_id)["status"] == "requires_action")

    assert [detail["call_id"] for detail in announced(world, "Call Awaiting Output")] == IDS
    for call_id in reversed(IDS):
        world.request("POST", f"/runs/{run_id}/calls/{call_id}/output", {"output": "x"})
    world.run_to_end(run_id)

    told = [event for event in world.timeline(run_id) if event["type"] == "call_requested"]
    assert world.run(run_id)["status"] == "completed"
    assert [event["call_id"] for event in told] == IDS
    assert [call["call_id"] for call in world.run(run_id)["calls"]] == IDS
    assert answered_ids(world, kind) == IDS


def test_the_program_that_asked_for_a_call_is_named_in_its_answer(world):
    caller = {"type": "program", "caller_id": "call_p"}
    turn = showing(a_call(caller=caller), a_call(call_id="call_2", id="fc_2", arguments='{"order_id":"A-2"}'))
    run_id = world.start(turn, saying("done"), tools=["get_order"])

    world.run_to_end(run_id)

    first, second = posted(world, "/responses")[1]["input"]
    assert world.run(run_id)["status"] == "completed"
    assert (first["call_id"], first["caller"]) == ("call_1", caller)
    assert (second["call_id"], "caller" in second) == ("call_2", False)


@pytest.mark.parametrize("kind", KINDS)
def test_two_calls_that_no_answer_tells_apart_end_the_run_and_it_says_why(world, kind):
    order = {"call_id": "call_1"}
    mail = {"name": "send_email", "arguments": {"to": "a@b.c", "subject": "s", "body": "b"}, **order}
    run_id = world.start(asking(order, mail), saying("done"), kind=kind, tools=["get_order", "send_email"])

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"], run["calls"]) == ("failed", "unanswerable_output", [])
    assert "call_1" in run["error"]["message"]


@pytest.mark.parametrize(
    "call",
    [
        {"arguments": DEEP},
        {"arguments": f'{{"order_id": {HALF}}}'},
        {"arguments": '{"order_id": "\\ud83d"}'},
        {"arguments": '{"order_id": ' + "9" * 5000 + "}"},
        {"arguments": "\0"},
        {"arguments": "NaN"},
        {"name": f"get_order{HALF}"},
        {"name": "\0"},
        {"name": ""},
        {"name": "n" * 512},
        {"name": "get_order" + "n" * 10_000},
        {"name": "\u00e9" * 600},
    ],
    ids=lambda call: ascii(call)[:40],
)
@pytest.mark.parametrize("tool", ["get_order", "send_email"])
def test_a_bad_call_is_an_answer_for_the_model(world, call, tool):
    turn = showing(a_call(**{"name": tool, **call}), {**a_call(call_id="call_2"), "id": "fc_2"})
    run_id = world.start(turn, saying("done"), tools=["get_order", "send_email"])

    world.run_to_end(run_id)

    run, (first, second) = world.run(run_id), posted(world, "/responses")[1]["input"]
    assert run["status"] == "completed"
    assert [call["outcome"] for call in run["calls"]] == ["failed", "succeeded"]
    assert (first["call_id"], "error" in json.loads(first["output"])) == ("call_1", True)
    assert second["call_id"] == "call_2"


@pytest.mark.parametrize("kind", KINDS)
def test_a_tool_name_of_any_length_is_an_unknown_tool(world, kind):
    run_id = world.start(
        calling(("get_order" + "n" * 600, {})), saying("done"), kind=kind, tools=["get_order"]
    )

    world.run_to_end(run_id)

    [call] = world.run(run_id)["calls"]
    assert (world.run(run_id)["status"], call["error"]["code"]) == ("completed", "unknown_tool")


@pytest.mark.parametrize("call_id", [f"call{HALF}", "c" * 600, "..", "é" * 300], ids=ascii)
def test_an_id_that_cannot_be_given_back_as_it_came_ends_the_run_by_name(world, call_id):
    run_id = world.start(showing(a_call(call_id=call_id)), saying("done"), tools=["get_order"])

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["error"]["code"]) == ("failed", "unanswerable_output")


@pytest.mark.parametrize(
    "call_id", ["a/b?c#d", "\0\n", "c" * 512, "é", "%2e", "../x"], ids=lambda each: ascii(each)[:20]
)
def test_the_strangest_ids_that_can_be_given_back_are(world, call_id):
    long = json.dumps({"order_id": "x" * 200_000})
    turn = showing(a_call(call_id=call_id, arguments=long))
    run_id = world.start(turn, saying("done"), tools=["get_order"])

    world.run_to_end(run_id)

    assert world.run(run_id)["status"] == "completed"
    assert [item["call_id"] for item in posted(world, "/responses")[1]["input"]] == [call_id]


@pytest.mark.parametrize(
    "item",
    [
        {"type": "tool_search_call", "execution": "server", "call_id": None, "arguments": {}, "id": "ts_1"},
        {"type": "hologram_call", "call_id": "x", "id": "h_1"},
    ],
    ids=lambda item: item["type"],
)
def test_what_is_new_to_us_beside_a_finished_answer_fails_no_run(world, item):
    run_id = world.start({**showing(item), "text": "done"})

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert (run["status"], run["result"]["output_text"]) == ("completed", "done")


def test_a_refusals_words_are_the_result(world):
    refusal = {"type": "message", "id": "msg_1", "role": "assistant"}
    run_id = world.start(showing({**refusal, "content": [{"type": "refusal", "refusal": "I will not."}]}))

    world.run_to_end(run_id)

    result = world.run(run_id)["result"]
    assert (result["output_text"], result["refusal"]) == ("I will not.", "I will not.")


def test_half_a_character_in_a_request_hangs_no_run(world):
    request = {"model": "gpt-6-astra", "input": "hello \ud83d", "instructions": ["\udc00"]}
    body = json.dumps({"kind": "response", "request": request, "metadata": {"a": "\ud83d"}})
    headers = [("content-type", "application/json")]
    event = proxy_event("POST", "/runs", headers=headers, body=body.encode())
    answer = world._site.functions["api"].invoke(event, world.wire)

    if answer["statusCode"] == 202:
        run_id = json.loads(answer["body"])["run_id"]
        world.run_to_end(run_id)
        assert world.run(run_id)["status"] == "completed"
    else:
        assert answer["statusCode"] == 422


def test_the_tools_of_a_run_are_offered_in_each_of_its_turns_and_no_others(world):
    run_id = world.start(calling(("get_order", {"order_id": "A-1"})), saying("done"), tools=["get_order"])

    world.run_to_end(run_id)

    offered = [[each["name"] for each in body["tools"]] for body in posted(world, "/responses")]
    assert offered == [["get_order"], ["get_order"]]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "arguments", "effects"),
    [
        ("send_email", {"to": "ann@example.org", "subject": "Hello", "body": "Done."}, ["email"]),
        ("get_order", {"order_id": "B-2"}, []),
    ],
    ids=["another tool", "other arguments"],
)
def test_a_call_under_the_id_of_an_earlier_turns_is_another_call(world, kind, name, arguments, effects):
    """As of a server that counts the calls of each turn anew."""
    first = asking({"call_id": "call_0"})
    again = asking({"call_id": "call_0", "name": name, "arguments": arguments})
    run_id = world.start(first, again, saying("done"), kind=kind, tools=["get_order", "send_email"])

    world.run_to_end(run_id)

    run = world.run(run_id)
    assert run["status"] == "completed"
    assert [(each["turn"], each["name"], each["outcome"]) for each in run["calls"]] == [
        (1, "get_order", "succeeded"),
        (2, name, "succeeded"),
    ]
    assert [each["effect"] for each in world.simulator.effects()] == effects
    assert "B-2" not in run["calls"][0]["output"]
