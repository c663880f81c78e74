"""A run's timeline in words."""

from typing import Any

from cli.demo.timeline import Timeline

CREATED_AT = "2026-11-21T09:30:00.000Z"


def a_run(**changes: Any) -> dict[str, Any]:
    return {"run_id": "run_1", "created_at": CREATED_AT, "calls": [], "result": None} | changes


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


def test_what_goes_on_is_said():
    timeline = Timeline(a_run())
    list(timeline.new_lines([an_event("turn_started", turn=2, provider_id="resp_1")], a_run()))

    assert timeline.doing(a_run()) == "turn 2: the model is at work, nobody asks"
    assert timeline.doing(a_run(calls=[a_call("{}")])) == "refund_order at work"
