"""What the client's methods do, with the real API function over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from api_server import ApiServer, Fault, json_of
from contracts import instant
from stored_runs import HELLO, SOON, a_waiting_run, an_ended_run, damage, ended

from runrelay import (
    ConflictError,
    DeletedError,
    InvalidRequestError,
    NotFoundError,
    Runrelay,
    UnreadableRun,
    UnreadableRunError,
)
from tests.integration.api.records_in_aws import put
from tests.unit.layer.records import RUN_ID, START, a_call, after

# -- Starting ------------------------------------------------------------------------------------


def test_a_run_is_started_with_all_that_is_said(client: Runrelay, server: ApiServer):
    run = client.runs.start(
        request=HELLO,
        kind="response",
        tools=["get_order"],
        subject="order-1",
        metadata={"tenant": "acme"},
        deadline_seconds=60,
        max_turns=3,
        idempotency_key="key-1",
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )

    (request,) = server.seen
    assert json_of(request) == {
        "kind": "response",
        "request": HELLO,
        "tools": ["get_order"],
        "subject": "order-1",
        "metadata": {"tenant": "acme"},
        "deadline_seconds": 60,
        "max_turns": 3,
    }
    assert request.headers["idempotency-key"] == "key-1"
    assert request.headers["traceparent"].startswith("00-0af7")
    assert (run.status, run.tools, run.subject, run.max_turns) == ("queued", ("get_order",), "order-1", 3)
    assert run.deadline - run.created_at == timedelta(seconds=60)
    assert client.runs.get(run.run_id, include_request=True).request == HELLO


def test_each_start_has_a_key_of_its_own(client: Runrelay, server: ApiServer):
    first, second = client.runs.start(request=HELLO), client.runs.start(request=HELLO)

    assert first.run_id != second.run_id
    assert len({request.headers["idempotency-key"] for request in server.seen}) == 2


def test_a_start_whose_answer_was_lost_starts_no_second_run(client: Runrelay, server: ApiServer):
    server.faults.append(Fault(is_done=True))

    run = client.runs.start(request=HELLO)

    assert len(server.seen) == 2
    assert len({request.headers["idempotency-key"] for request in server.seen}) == 1
    assert [each.run_id for each in client.runs.list()] == [run.run_id]


def test_an_argument_that_nobody_knows_is_refused_here(client: Runrelay, server: ApiServer):
    with pytest.raises(TypeError, match="there is no argument colour"):
        client.runs.start(request=HELLO, colour="red")  # type: ignore[call-arg]
    assert server.seen == []


# -- Getting and listing -------------------------------------------------------------------------


def test_a_run_that_is_over_says_what_it_came_to(aws, client: Runrelay):
    ended(aws, an_ended_run())

    run = client.runs.get(RUN_ID)

    assert (run.is_over, run.output_text, run.waiting_calls) == (True, "Hello.", ())
    assert (run.created_at, run.ended_at) == (START, after(3))
    assert [turn.provider_id for turn in run.turns] == ["resp_1"]


def test_the_calls_that_wait_for_somebody_are_told_from_the_others(aws, client: Runrelay):
    until = instant.now() + SOON
    put(
        aws,
        a_waiting_run(),
        a_call(call_id="running", outcome="running", ordinal=0),
        a_call(call_id="asks", outcome="awaiting_decision", wait_until=until, ordinal=1),
        a_call(call_id="outside", executor="external", wait_until=until, ordinal=2),
        a_call(call_id="shares", executor="external", same_as="0001#outside", ordinal=3),
        a_call(call_id="queued", ordinal=4),
    )

    run = client.runs.get(RUN_ID)

    assert [call.call_id for call in run.waiting_calls] == ["asks", "outside"]
    assert [call.awaits_decision for call in run.waiting_calls] == [True, False]
    assert [call.awaits_output for call in run.waiting_calls] == [False, True]


def test_lists_go_on_from_page_to_page_as_they_are_taken(aws, client: Runrelay, server: ApiServer):
    names = [f"run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q{number:03}" for number in range(105)]
    put(aws, *(an_ended_run(run_id=name) for name in names))

    runs = client.runs.list()
    first = next(runs)
    asked = len(server.seen)
    others = [run.run_id for run in runs]

    assert (first.run_id, others) == (names[-1], names[-2::-1])
    assert (asked, len(server.seen)) == (1, 2)


def test_a_list_is_cut_off_at_its_limit(aws, client: Runrelay, server: ApiServer):
    names = [f"run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q{number:03}" for number in range(4)]
    put(aws, *(an_ended_run(run_id=name) for name in names))

    assert [run.run_id for run in client.runs.list(limit=3)] == names[:0:-1]
    assert [request.target for request in server.seen] == ["/runs?limit=3"]
    assert list(client.runs.list(limit=0)) == []


def test_a_list_takes_any_mix_of_filters(client: Runrelay, server: ApiServer):
    run = client.runs.start(request=HELLO, subject="order & more +1")
    client.runs.start(request=HELLO)

    found = client.runs.list(
        status=["queued", "failed"],
        kind="response",
        subject="order & more +1",
        since=run.created_at - timedelta(seconds=5),
        until=datetime.now(UTC) + timedelta(seconds=5),
    )

    assert [each.run_id for each in found] == [run.run_id]
    assert [each.run_id for each in client.runs.list(status="failed")] == []


def test_a_damaged_run_takes_no_other_from_a_list(aws, client: Runrelay, caplog):
    put(aws, an_ended_run())
    damage(aws)
    started = client.runs.start(request=HELLO)
    told: list[UnreadableRun] = []

    silent = [run.run_id for run in client.runs.list()]
    noted = [run.run_id for run in client.runs.list(on_unreadable=told.append)]

    assert silent == noted == [started.run_id]
    assert caplog.messages == [f"run {RUN_ID} was passed over: its record cannot be read"]
    assert [(run.run_id, run.known["kind"]) for run in told] == [(RUN_ID, "response")]
    assert told[0].unreadable[0].attributes == ("max_turns",)


def test_a_damaged_run_is_an_error_that_says_what_is_known(aws, client: Runrelay):
    put(aws, an_ended_run())
    damage(aws)

    with pytest.raises(UnreadableRunError, match=RUN_ID) as caught:
        client.runs.get(RUN_ID)
    assert str(caught.value) == f"the record of {RUN_ID} cannot be read: max_turns"
    assert caught.value.run.known["status"] == "completed"


def test_a_timeline_is_told_with_what_is_known_of_each_event(aws, client: Runrelay):
    ended(aws, an_ended_run())

    timeline = client.runs.events(RUN_ID)

    assert [event.type for event in timeline.events] == [
        "run_created",
        "turn_started",
        "turn_ended",
        "run_ended",
    ]
    assert timeline.events[-1].known["status"] == "completed"
    assert timeline.events[0].at == START


# -- Answering calls -----------------------------------------------------------------------------

ODD = "call/1 a+b%2F?#ü"
"""An id of a provider's may hold any character."""


def test_a_call_is_decided_whatever_its_id_holds(aws, client: Runrelay, server: ApiServer):
    waiting = a_call(call_id=ODD, outcome="awaiting_decision", wait_until=instant.now() + SOON)
    put(aws, a_waiting_run(), waiting)

    call = client.runs.decide(RUN_ID, ODD, approve=False, reason="Too much.")

    assert (call.call_id, call.outcome, call.decision_reason) == (ODD, "denied", "Too much.")
    assert server.seen[0].target == f"/runs/{RUN_ID}/calls/call%2F1%20a%2Bb%252F%3F%23%C3%BC/decision"
    assert client.runs.decide(RUN_ID, ODD, approve=False, reason="Too much.") == call


@pytest.mark.parametrize(
    ("given", "outcome", "output"),
    [
        ({"output": "at nine"}, "succeeded", "at nine"),
        ({"output": {"at": 9}}, "succeeded", '{"at": 9}'),
        ({"output": None}, "succeeded", "null"),
        ({"error": "Nobody knows."}, "failed", None),
    ],
)
def test_an_output_is_given_or_why_there_is_none(aws, client: Runrelay, given, outcome, output):
    put(aws, a_waiting_run(), a_call(executor="external", wait_until=instant.now() + SOON))

    call = client.runs.give_output(RUN_ID, "call_1", **given)

    assert (call.outcome, call.output) == (outcome, output)
    assert client.runs.give_output(RUN_ID, "call_1", **given) == call


@pytest.mark.parametrize("given", [{}, {"output": "one", "error": "two"}])
def test_an_output_is_one_thing(client: Runrelay, given):
    with pytest.raises(ValueError, match="either an output or an error"):
        client.runs.give_output(RUN_ID, "call_1", **given)


def test_who_comes_second_is_told_what_was_decided_first(aws, client: Runrelay):
    denied = a_call(outcome="denied", decision="denied", decided_at=after(3), ended_at=after(3))
    put(aws, a_waiting_run(), denied)

    with pytest.raises(ConflictError) as caught:
        client.runs.decide(RUN_ID, "call_1", approve=True)
    assert caught.value.problem is not None
    assert caught.value.problem.first is not None
    assert caught.value.problem.first["decision"] == "denied"


# -- Cancelling, deleting, and what is not there --------------------------------------------------


def test_a_run_is_cancelled(client: Runrelay):
    run = client.runs.start(request=HELLO)

    assert client.runs.cancel(run.run_id).run_id == run.run_id


def test_a_deleted_run_is_an_error_of_its_own(aws, client: Runrelay):
    ended(aws, an_ended_run())

    deletion = client.runs.delete(RUN_ID)

    assert (deletion.run_id, deletion.deleted_at) == (RUN_ID, None)
    with pytest.raises(DeletedError) as caught:
        client.runs.get(RUN_ID)
    assert caught.value.status == 410


def test_an_open_run_cannot_be_deleted(aws, client: Runrelay):
    put(aws, a_waiting_run())

    with pytest.raises(ConflictError) as caught:
        client.runs.delete(RUN_ID)
    assert (caught.value.status, caught.value.request_id) == (409, "abc=")


def test_a_run_that_is_not_there_is_not_found(client: Runrelay):
    with pytest.raises(NotFoundError, match=f"there is no run {RUN_ID} \\(404, request abc=\\)"):
        client.runs.get(RUN_ID)


def test_each_wrong_field_is_named(client: Runrelay):
    with pytest.raises(InvalidRequestError) as caught:
        client.runs.start(request={"model": "gpt-6-astra", "stream": True}, tools=["nothing"])
    assert {error.field for error in caught.value.errors} == {"request.stream", "tools.0"}
    assert caught.value.status == 422
