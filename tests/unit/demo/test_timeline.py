"""A run's timeline in words."""

from typing import Any

import pytest

from runrelay.timeline import Timeline

CREATED_AT = "2026-11-21T09:30:00.000Z"


def a_run(**changes: Any) -> dict[str, Any]:
    made = {
        "run_id": "run_1",
        "kind": "response",
        "created_at": CREATED_AT,
        "status": "in_progress",
        "turn": 2,
    }
    return made | {"calls": [], "result": None} | changes


def a_call(arguments: str, outcome: str = "running") -> dict[str, Any]:
    return {"call_id": "call_1", "name": "refund_order", "arguments": arguments, "outcome": outcome}


def an_event(name: str, **facts: Any) -> dict[str, Any]:
    return {"at": "2026-11-21T09:30:01.250Z", "type": name, **facts}


def a_call_event(name: str, **facts: Any) -> dict[str, Any]:
    return an_event(name, turn=1, call_id="call_1", **facts) | {"name": "refund_order"}


def lines(events: list[dict[str, Any]], run: dict[str, Any]) -> list[str]:
    return [line.plain for line in Timeline(run).new_lines(events, run)]


def test_an_event_is_told_once_however_often_it_is_given():
    timeline = Timeline(a_run())
    events = [an_event("run_created", kind="response")]

    told = [line.plain for _ in range(3) for line in timeline.new_lines(events, a_run())]

    assert told == ["    1.25 s  ● run created  run_1"]


def test_a_call_is_written_as_the_model_might_have():
    run = a_run(calls=[a_call('{"order_id": "A-1042", "cents": 500}')])

    told = lines([a_call_event("call_started", attempt=1), a_call_event("call_started", attempt=2)], run)

    assert told == [
        '    1.25 s     · refund_order("A-1042", 500) started',
        '    1.25 s     · refund_order("A-1042", 500) started  attempt 2',
    ]


def test_arguments_that_are_no_json_object_stay_as_they_are():
    run = a_run(calls=[a_call("[1, oops")])

    assert lines([a_call_event("call_requested")], run) == [
        "    1.25 s     · refund_order([1, oops) requested"
    ]


def test_a_failed_call_says_what_the_model_is_told():
    event = a_call_event(
        "call_ended", outcome="failed", code="tool_failed", message="No.", detail="Traceback"
    )

    assert lines([event], a_run(calls=[a_call("{}")])) == ["    1.25 s     ✗ refund_order() failed  No."]


def test_an_event_nobody_has_heard_of_is_told_by_its_name():
    assert lines([an_event("turn_orphaned", turn=2)], a_run()) == ["    1.25 s  ! turn orphaned"]


def test_the_end_shows_the_text_or_the_reason():
    done = a_run(result={"output_text": "Done."})
    failed = an_event("run_ended", status="failed", code="server_error", message="Sorry.")

    assert lines([an_event("run_ended", status="completed")], done) == [
        "    1.25 s  ● run completed  “Done.”"
    ]
    assert lines([failed], a_run()) == ["    1.25 s  ● run failed  server_error: Sorry."]


@pytest.mark.parametrize(
    ("kind", "woken_by", "aside"),
    [
        ("response", "webhook", "woken by a webhook"),
        ("session", "check", "found by a check, before any webhook"),
        ("thread", "check", "seen when polled"),
    ],
)
def test_who_saw_a_turn_end_is_said(kind: str, woken_by: str, aside: str):
    ended = an_event("turn_ended", turn=1, status="completed", woken_by=woken_by)

    assert lines([ended], a_run(kind=kind)) == [f"    1.25 s  ◀ turn 1 completed  {aside}"]


def test_an_approval_is_asked_for_and_given_in_words():
    request = '{"type": "mcp_tool_call", "name": "refund_order", "arguments": {"cents": 500}}'
    events = [
        a_call_event("decision_asked"),
        a_call_event("call_decided", decision="approved", reason="Fine."),
        a_call_event("call_decided", decision="denied") | {"call_id": "call_2"},
    ]

    assert lines(events, a_run(calls=[a_call(request)])) == [
        "    1.25 s     ? refund_order(500) waits for a person's decision",
        "    1.25 s     ✓ refund_order(500) approved  “Fine.”",
        "    1.25 s     ✓ refund_order() denied",
    ]


def test_a_call_that_failed_tells_what_was_raised_and_where():
    detail = (
        "Traceback (most recent call last):\n"
        '  File "/var/task/tools/currency.py", line 45, in rate_on\n    return table()[day]\n'
        '  File "/var/task/tools/currency.py", line 9, in table\n    return json.loads(text)\n'
        '  File "/var/lang/lib/python3.13/json/decoder.py", line 345, in decode\n    raise\n'
        "json.decoder.JSONDecodeError: Expecting value\n"
    )
    ended = a_call_event("call_ended", outcome="failed", detail=detail)
    plain = ended | {"detail": "it did not finish in time", "message": "The tool took too long."}

    told = lines([ended, plain | {"turn": 2}], a_run(calls=[a_call('{"cents": 500}', "failed")]))

    assert [line.partition("failed  ")[2] for line in told] == [
        "json.decoder.JSONDecodeError: Expecting value, at tools/currency.py:9",
        "The tool took too long.",
    ]


def test_each_webhook_that_moved_nothing_is_told():
    received = an_event("webhook_received", event_type="agent.session.created", webhook_id="wh_1")

    told = lines([received, received | {"webhook_id": "wh_2"}], a_run())

    assert told == ["    1.25 s     · OpenAI says agent.session.created"] * 2


@pytest.mark.parametrize(
    ("run", "doing"),
    [
        ({}, "turn 2: the model is at work, nobody asks"),
        ({"kind": "thread"}, "turn 2: the model is at work, looked at now and then"),
        ({"status": "queued"}, "between turns"),
        ({"calls": [a_call("{}"), a_call("{}", "awaiting_decision")]}, "refund_order at work"),
        (
            {"calls": [a_call("{}", "awaiting_decision")]},
            "refund_order waits for a person, nothing is running",
        ),
    ],
)
def test_what_goes_on_is_said(run: dict[str, Any], doing: str):
    assert Timeline(a_run()).doing(a_run(**run)) == doing


def test_an_event_that_belongs_before_those_that_were_told_is_told_alone():
    timeline = Timeline(a_run())
    created, started = an_event("run_created", kind="response"), an_event("turn_started", turn=1)
    between = an_event("webhook_received", webhook_id="wh_1")

    assert list(timeline.new([created, started])) == [created, started]
    assert list(timeline.new([created, between, started])) == [between]
