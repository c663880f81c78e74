"""What a soak's check finds, and what it lets pass."""

from typing import Any

import pytest

from tests.soak.conservation import Evidence, Letter, longest_stand_still, violations
from tests.soak.drive import Driven
from tests.soak.plan import planned_runs

RUN = "run_1"
REFUND = {"effect": "refund", "run_id": RUN, "call_id": "call_1", "order_id": "S-1-1"}
EMAIL = {"effect": "email", "run_id": RUN, "call_id": "call_2", "to": "S-1-1@example.com"}


def a_call(name: str, call_id: str, outcome: str = "succeeded") -> dict[str, Any]:
    return {"name": name, "call_id": call_id, "outcome": outcome}


def a_run(*calls: dict[str, Any], at: tuple[int, ...] = (0, 1), **said: Any) -> Driven:
    """Make a run of kind `response` that was to end `completed`, with an event at each of these seconds."""
    planned = next(
        each for each in planned_runs(200, 7) if (each.kind, each.status) == ("response", "completed")
    )
    run = {"status": "completed", "ended_at": "2026-11-21T08:00:01Z", "error": None, "calls": calls, **said}
    events = [{"at": f"2026-11-21T08:{second // 60:02}:{second % 60:02}Z"} for second in at]
    return Driven(planned, RUN, 0.0, run=run, events=events)


def found(*runs: Driven, ledger: Any = (), letters: Any = (), left: int = 0) -> list[str]:
    allowed = {"response": 100, "session": 100, "thread": 100}
    return list(violations(Evidence(runs, ledger, letters, left, allowed)))  # type: ignore[arg-type]


REFUNDED, EMAILED = a_call("refund_order", "call_1"), a_call("send_email", "call_2")


def test_nothing_is_wrong_where_all_is_there_once():
    assert found(a_run(REFUNDED, EMAILED), ledger=[REFUND, EMAIL]) == []


def test_a_run_that_never_ended_is_lost():
    (words,) = found(a_run(status="in_progress", ended_at=None))

    assert "never ended: it is in_progress" in words


def test_a_run_that_ended_otherwise_than_its_model_is_named_with_its_error():
    (words,) = found(a_run(status="failed", error={"code": "refused", "message": "No."}))

    assert "ended failed and its model completed: refused: No." in words


@pytest.mark.parametrize(("call", "effect"), [(REFUNDED, REFUND), (EMAILED, EMAIL)], ids=["keyed", "once"])
def test_an_effect_that_happened_twice_is_found_by_its_call_and_by_what_was_meant(call, effect):
    words = found(a_run(call), ledger=[effect, effect])

    assert len(words) == 2
    assert "is succeeded, and took effect 2 times" in words[0]
    assert words[1].endswith("happened 2 times.")


def test_an_effect_that_happened_under_two_calls_is_found_by_what_was_meant():
    again = a_call("send_email", "call_3")

    assert found(a_run(EMAILED, again), ledger=[EMAIL, EMAIL | {"call_id": "call_3"}]) == [
        "email S-1-1@example.com happened 2 times."
    ]


@pytest.mark.parametrize(
    ("outcome", "ledger", "is_fine"),
    [
        ("succeeded", [], False),
        ("unknown", [], True),
        ("unknown", [EMAIL], True),
        ("failed", [], True),
        ("failed", [EMAIL], True),
        ("denied", [], True),
        ("denied", [EMAIL], False),
    ],
)
def test_a_calls_outcome_says_how_often_it_may_have_taken_effect(outcome, ledger, is_fine):
    words = found(a_run(a_call("send_email", "call_2", outcome)), ledger=ledger)

    assert (words == []) is is_fine


def test_a_dead_letter_is_explained_by_a_run_that_is_over_and_by_nothing_else():
    about = [Letter("run", "check", RUN), Letter("run", "webhook", None), Letter("tool", "call", "run_2")]

    assert found(a_run(), letters=about) == [
        "Unexplained dead letter: webhook.",
        "Unexplained dead letter: call.",
    ]


def test_a_run_that_stood_still_for_too_long_is_named():
    assert longest_stand_still(a_run(at=(0, 5, 150, 160))) == 145
    assert found(a_run(at=(0, 100))) == []
    assert found(a_run(at=(0, 5, 150, 160))) == [f"{RUN} (response) stood still for 145 s of ours."]


def test_an_effect_of_a_run_that_was_never_accepted_is_found():
    assert found(ledger=[EMAIL]) == ["email of an unknown run."]


def test_messages_that_are_left_are_found():
    assert found(left=2) == ["Messages left in the queues: 2."]
