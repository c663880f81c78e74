"""Faults that sound like OpenAI's own, or like what stands between: through the SDK."""

import json
import time
from itertools import pairwise

import openai as sdk
import pytest


def test_a_quota_that_is_used_up_says_so_and_not_when_to_come_back(simulator):
    simulator.faults(api={"429": 1, "code": "insufficient_quota"})

    with pytest.raises(sdk.RateLimitError, match="You exceeded your current quota") as struck:
        simulator.create()

    assert (struck.value.code, struck.value.type) == ("insufficient_quota", "insufficient_quota")
    headers = struck.value.response.headers
    assert not [each for each in headers if each.startswith(("retry-after", "x-ratelimit"))]


def test_a_rate_limit_says_that_nothing_remains(simulator):
    simulator.faults(api={"429": 1})

    with pytest.raises(sdk.RateLimitError, match="Rate limit reached") as struck:
        simulator.create()

    headers = struck.value.response.headers
    assert (headers["x-ratelimit-remaining-requests"], headers["retry-after"]) == ("0", "1")


def test_a_proxy_answers_with_a_page_of_its_own(simulator):
    simulator.faults(api={"proxy_page": 1})

    with pytest.raises(sdk.InternalServerError, match="Error code: 502") as struck:
        simulator.create()

    headers = struck.value.response.headers
    assert (struck.value.status_code, struck.value.code, struck.value.request_id) == (502, None, None)
    assert headers["content-type"].startswith("text/html")
    assert "<h1>502 Bad Gateway</h1>" in struck.value.response.text
    assert simulator.http.get("/_sim/resources").json() == []
    assert simulator.journal()[0]["fault"] == "proxy_page"


def test_a_403_may_be_empty(simulator):
    simulator.faults(api={"empty_403": 1})

    with pytest.raises(sdk.PermissionDeniedError) as struck:
        simulator.create()

    assert (struck.value.response.content, struck.value.request_id) == (b"", None)
    assert simulator.http.get("/_sim/resources").json() == []
    assert simulator.journal()[0]["fault"] == "empty_403"


def test_half_an_answer_is_no_json_and_the_work_is_done(simulator):
    simulator.faults(api={"half_json": 1, "methods": ["POST"]})

    answer = simulator.openai.responses.with_raw_response.create(model="m", input="x")

    assert answer.status_code == 200
    assert answer.content.startswith(b'{"id":"resp_')
    with pytest.raises(ValueError, match=r"line 1 column \d+"):
        answer.http_response.json()
    (resource,) = simulator.http.get("/_sim/resources").json()
    assert resource["status"] == "completed"
    (entry,) = simulator.journal(kind="request")
    assert (entry["status"], entry["response"], entry["fault"]) == (200, None, "half_json")


def test_a_stream_breaks_off_in_its_second_event(simulator, openai):
    simulator.faults(api={"half_json": 1, "methods": ["POST"]})
    told = []

    stream = simulator.create(stream=True)
    with pytest.raises(sdk.APIConnectionError):
        told.extend(event.type for event in stream)

    assert told in ([], ["response.created"])  # what came before the break may be lost with it
    (resource,) = simulator.http.get("/_sim/resources").json()
    assert resource["object"] == "response"
    (entry,) = simulator.journal(kind="request")
    assert (entry["status"], entry["fault"]) == (200, "half_json")


def test_a_stream_cut_short_can_be_taken_up_again(simulator, openai):
    simulator.scenario("short", {"text": "one two"})
    simulator.faults(api={"half_json": 1, "methods": ["POST"]})
    with pytest.raises(sdk.APIConnectionError):
        list(simulator.create("short", stream=True))
    (resource,) = simulator.http.get("/_sim/resources").json()

    *_, last = openai.responses.retrieve(resource["id"], stream=True)

    assert last.response.output_text == "one two"


def test_what_was_created_is_not_found_by_who_comes_soon(simulator, sessions):
    simulator.faults(api={"not_found_seconds": 60})
    response, session = simulator.create(), sessions.create()

    with pytest.raises(sdk.NotFoundError, match=f"Response with id '{response.id}' not found"):
        simulator.openai.responses.retrieve(response.id)
    with pytest.raises(sdk.NotFoundError, match=f"Session with id '{session.id}' not found"):
        sessions.api.turns.list(session.id)

    faults = [each.get("fault") for each in simulator.journal(kind="request")]
    assert faults == [None, None, "not_found_seconds", "not_found_seconds"]


def test_what_was_created_is_found_after_a_while(simulator, eventually):
    simulator.faults(api={"not_found_seconds": 0.3})
    begun = time.monotonic()
    response = simulator.create()

    def found():
        try:
            return simulator.openai.responses.retrieve(response.id)
        except sdk.NotFoundError:
            return None

    assert eventually(found).id == response.id
    assert time.monotonic() - begun > 0.3


def test_a_previous_response_is_not_found_once(simulator):
    first = simulator.ended(simulator.create())
    simulator.faults(api={"previous_response_not_found": 1})

    with pytest.raises(sdk.BadRequestError) as struck:
        simulator.create(previous_response_id=first.id)
    second = simulator.ended(simulator.create(previous_response_id=first.id))
    with pytest.raises(sdk.BadRequestError):
        simulator.create(previous_response_id=second.id)

    code, param = "previous_response_not_found", "previous_response_id"
    assert (struck.value.code, struck.value.param) == (code, param)
    assert second.previous_response_id == first.id
    assert [each["fault"] for each in simulator.journal(kind="request") if "fault" in each] == [code, code]


def test_a_conversation_can_be_locked_by_a_fault(simulator):
    conversation = simulator.openai.conversations.create()
    simulator.faults(api={"conversation_locked": 1})

    with pytest.raises(sdk.BadRequestError, match="Another process is currently operating") as struck:
        simulator.create(conversation=conversation.id)

    assert (struck.value.code, struck.value.param) == ("conversation_locked", "conversation")
    assert simulator.create().status == "queued"


def test_every_answer_may_take_its_time(simulator):
    simulator.faults(api={"slow_seconds": 0.3})
    begun = time.monotonic()

    simulator.openai.conversations.create()

    assert time.monotonic() - begun > 0.3


def test_an_accepted_cancel_of_a_response_takes_a_while(simulator, receiver, eventually):
    simulator.scenario("endless", {"never": True})
    response = simulator.create("endless")
    simulator.faults(api={"cancel_seconds": 0.4})

    answered = simulator.openai.responses.cancel(response.id)
    begun = time.monotonic()
    ended = simulator.ended(response)

    assert answered.status in ("queued", "in_progress")
    assert ended.status == "cancelled"
    assert time.monotonic() - begun > 0.3
    eventually(lambda: receiver.received)
    faults = [each.get("fault") for each in simulator.journal(path="/cancel")]
    assert faults == ["cancel_seconds"]


def test_an_accepted_cancel_of_a_response_that_ends_first_comes_to_nothing(simulator, receiver):
    simulator.scenario("short", {"seconds": 0.1})
    response = simulator.create("short")
    simulator.faults(api={"cancel_seconds": 0.3})

    simulator.openai.responses.cancel(response.id)
    simulator.ended(response)
    time.sleep(0.5)

    assert simulator.openai.responses.retrieve(response.id).status == "completed"
    assert [json.loads(each.body)["type"] for each in receiver.received] == ["response.completed"]


def test_an_accepted_cancel_of_a_response_that_is_deleted_first_comes_to_nothing(simulator, receiver):
    simulator.scenario("endless", {"never": True})
    response = simulator.create("endless")
    simulator.faults(api={"cancel_seconds": 0.1})

    simulator.openai.responses.cancel(response.id)
    simulator.openai.responses.delete(response.id)
    time.sleep(0.3)

    assert receiver.received == []


def test_a_cancel_that_would_be_refused_is_refused_at_once(simulator):
    response = simulator.create(background=False)
    simulator.faults(api={"cancel_seconds": 30})

    with pytest.raises(sdk.BadRequestError):
        simulator.openai.responses.cancel(response.id)
    with pytest.raises(sdk.NotFoundError):
        simulator.openai.responses.cancel("resp_x")


def test_a_foreground_response_at_work_cannot_be_cancelled_later_either(simulator):
    simulator.scenario("endless", {"never": True})
    simulator.faults(api={"cancel_seconds": 30})
    with pytest.raises(sdk.APITimeoutError):
        simulator.create("endless", background=False, timeout=0.2)
    (resource,) = simulator.http.get("/_sim/resources").json()

    with pytest.raises(sdk.BadRequestError, match="Cannot cancel a synchronous response"):
        simulator.openai.responses.cancel(resource["id"])


def test_an_accepted_cancel_of_a_turn_takes_a_while(simulator, sessions):
    session = sessions.create({"never": True})
    simulator.faults(api={"cancel_seconds": 0.4})

    sessions.cancel(session)
    begun = time.monotonic()
    turn = sessions.ended(session)

    assert turn.status == "cancelled"
    assert time.monotonic() - begun > 0.3


@pytest.mark.filterwarnings("ignore:(The Assistants API is )?deprecated:DeprecationWarning")
def test_an_accepted_cancel_of_a_run_takes_a_while(simulator, openai, eventually):
    simulator.scenario("endless", {"never": True})
    simulator.faults(api={"cancel_seconds": 0.4})
    runs, assistant = openai.beta.threads.runs, openai.beta.assistants.create(model="m")
    thread = openai.beta.threads.create()
    run = runs.create(thread_id=thread.id, assistant_id=assistant.id, metadata={"scenario": "endless"})

    answered = runs.cancel(run.id, thread_id=thread.id)
    begun = time.monotonic()
    eventually(lambda: runs.retrieve(run.id, thread_id=thread.id).status == "cancelled")

    assert answered.status == "cancelling"
    assert time.monotonic() - begun > 0.3


def test_the_pauses_between_retries_grow_as_they_are_told(simulator, receiver, eventually):
    simulator.faults(webhooks={"retry_seconds": [0.1, 0.3, 0.9]})
    receiver.statuses += [500, 500, 500]

    simulator.create()

    eventually(lambda: len(receiver.received) == 4)
    sent = [each["at"] for each in simulator.journal(kind="webhook")]
    pauses = [later - earlier for earlier, later in pairwise(sent)]
    assert [pause >= wanted for pause, wanted in zip(pauses, (0.1, 0.3, 0.9), strict=True)] == [True] * 3


@pytest.mark.parametrize("fault", ["proxy_page", "empty_403", "half_json", "conversation_locked"])
def test_a_new_fault_leaves_the_chance_of_the_old_ones_as_it_was(simulator, fault):
    def statuses(**more):
        simulator.faults(seed=7, api={"404": 0.3, "500": 0.3} | more)
        headers = {"authorization": "Bearer sk-test"}
        return [simulator.http.post("/v1/conversations", headers=headers).status_code for _ in range(20)]

    alone, beside = statuses(), statuses(**{fault: 0.5})

    assert [each for each in zip(alone, beside, strict=True) if each[0] != 200 and len(set(each)) > 1] == []
    assert {404, 500} <= set(alone)
