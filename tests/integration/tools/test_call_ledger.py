"""A call is claimed by one, and only its claimant writes what came of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from contracts import instant
from contracts.errors import StaleReadError, UnreadableItemError
from contracts.items import asdict_shallow, call_key, to_item
from contracts.messages import CallMessage
from contracts.payloads import Stored
from contracts.records import Call, Failure
from moto.core.models import botocore_stubber

from functions.tools.call_ledger import CallLedger, Claimed, NotOurs, TakenOver
from tests.harness.template import physical_name
from tests.integration.tools.lost_replies import reply_lost

MESSAGE = CallMessage("run_1", 1, "call_1")
LEASE = timedelta(seconds=60)

WRITES: list[Callable[[CallLedger, Call], Call]] = [
    lambda ledger, call: ledger.close(call, outcome="succeeded", output=Stored("inline:late")),
    lambda ledger, call: ledger.ask(call, wait_until=instant.now(), error=None, detail=None),
    lambda ledger, call: ledger.release(call),
]
each_write = pytest.mark.parametrize("write", WRITES, ids=["close", "ask", "release"])

type Recorder = Callable[..., Call]


def a_running_call(record: Recorder, *, lease: timedelta, **facts: Any) -> Call:
    claimed = {"outcome": "running", "owner": "first", "fence": 1, "lease_until": instant.now() + lease}
    return record(**claimed | facts)


def claim(ledger: CallLedger, owner: str = "first") -> Call:
    claimed = ledger.claim(MESSAGE, owner=owner, lease=LEASE)
    assert isinstance(claimed, Claimed)
    return claimed.call


def test_a_pending_call_is_claimed(ledger: CallLedger, record: Recorder, recorded: Callable[[], Call]):
    pending = record()

    call = claim(ledger)

    assert call == recorded()
    assert call.lease_until is not None
    assert timedelta(seconds=40) < call.lease_until - instant.now() <= LEASE
    assert call == replace(
        pending,
        outcome="running",
        owner="first",
        fence=1,
        lease_until=call.lease_until,
        started_at=call.started_at,
    )


def test_a_call_that_nobody_wrote_down_is_none(ledger: CallLedger):
    assert ledger.claim(MESSAGE, owner="first", lease=LEASE) is None


def test_of_twenty_claimants_at_once_one_has_it(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], monkeypatch: pytest.MonkeyPatch
):
    record()
    one_request_at_a_time(monkeypatch)
    together = threading.Barrier(20)

    def claim_it(number: int) -> Any:
        together.wait()
        return ledger.claim(MESSAGE, owner=f"owner-{number}", lease=LEASE)

    with ThreadPoolExecutor(20) as pool:
        claims = list(pool.map(claim_it, range(20)))

    (winner,) = [each.call for each in claims if isinstance(each, Claimed)]
    assert (winner.owner, winner.fence) == (recorded().owner, 1)
    assert {each.call.owner for each in claims if isinstance(each, NotOurs)} == {winner.owner}


def one_request_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have moto check and write an item without a gap, as DynamoDB does; alone it is not safe in threads."""
    lock, process = threading.Lock(), botocore_stubber.process_request

    def locked(request: Any) -> Any:
        with lock:
            return process(request)

    monkeypatch.setattr(botocore_stubber, "process_request", locked)


def take_over(ledger: CallLedger, owner: str = "second") -> Call:
    taken = ledger.claim(MESSAGE, owner=owner, lease=LEASE)
    assert isinstance(taken, TakenOver)
    return taken.call


@pytest.mark.parametrize("effect", ["pure", "keyed", "verify", "once"])
@pytest.mark.parametrize("outcome", ["succeeded", "failed", "denied", "unknown", "awaiting_decision"])
def test_a_call_that_is_over_or_waits_for_a_person_is_not_run(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], outcome, effect
):
    call = a_running_call(record, lease=-LEASE, outcome=outcome, effect=effect)

    assert ledger.claim(MESSAGE, owner="second", lease=LEASE) == NotOurs(recorded())
    assert recorded().outcome == call.outcome


@pytest.mark.parametrize("effect", ["pure", "keyed", "verify", "once"])
def test_a_call_that_runs_is_left_alone(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], effect
):
    a_running_call(record, lease=LEASE, effect=effect)
    before = recorded()

    assert ledger.claim(MESSAGE, owner="second", lease=LEASE) == NotOurs(before)
    assert recorded() == before


@pytest.mark.parametrize(
    ("lease", "requests"), [(LEASE, 1), (-LEASE, 2)], ids=["runs", "was left by its owner"]
)
def test_only_a_call_that_was_left_is_asked_for_twice(
    aws: SimpleNamespace, *, ledger: CallLedger, record: Recorder, lease, requests
):
    a_running_call(record, lease=lease)
    sent: list[str] = []
    hook: Any = lambda event_name, **_: sent.append(event_name)  # noqa: E731
    aws.dynamodb.meta.events.register_first("before-send", hook)

    try:
        ledger.claim(MESSAGE, owner="second", lease=LEASE)
    finally:
        aws.dynamodb.meta.events.unregister("before-send", hook)

    assert len(sent) == requests


@pytest.mark.parametrize("outcome", ["pending", "running"])
def test_a_call_that_something_outside_runs_is_left_to_it(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], outcome
):
    record(executor="external", outcome=outcome)
    before = recorded()

    assert ledger.claim(MESSAGE, owner="first", lease=LEASE) == NotOurs(before)
    assert recorded() == before


def test_a_record_from_before_there_were_others_to_run_calls_is_claimed(
    aws: SimpleNamespace, ledger: CallLedger, record: Recorder
):
    item = to_item(record())
    del item["executor"]
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=item)

    assert claim(ledger).executor == "tools"


SPOILED = [
    ("format", {"N": "2"}),
    ("format", {"N": "0.5"}),
    ("arguments", {"N": "1"}),
    ("created_at", {"S": "yesterday"}),
    ("given_back", {"S": "none"}),
]


@pytest.mark.parametrize("is_reply_lost", [False, True], ids=["", "its reply is lost"])
@pytest.mark.parametrize(("name", "value"), SPOILED, ids=[f"{name} {value}" for name, value in SPOILED])
def test_a_call_that_cannot_be_read_is_left_to_code_that_can(
    *, aws: SimpleNamespace, ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], name, value,
    is_reply_lost
):  # fmt: skip
    whole = to_item(record(effect="once"))
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=whole | {name: value})

    for owner in ("first", "second"):
        with (
            reply_lost(aws.dynamodb, "UpdateItem") if is_reply_lost else nullcontext(),
            pytest.raises(UnreadableItemError, match=name),
        ):
            ledger.claim(MESSAGE, owner=owner, lease=LEASE)

    key = call_key(MESSAGE.run_id, MESSAGE.turn, MESSAGE.call_id)
    left = aws.dynamodb.get_item(TableName=physical_name("RunTable"), Key=key)["Item"]
    assert {**left, name: whole.get(name), "owner": None} == {**whole, name: whole.get(name), "owner": None}
    assert left[name] == value
    mended = {each: said for each, said in left.items() if each != name} | {
        each: said for each, said in whole.items() if each == name
    }
    aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=mended)
    call = claim(ledger, "third")
    assert (call.attempts, call) == (1, recorded())


def test_a_call_of_a_later_format_is_not_taken_over(
    aws: SimpleNamespace, ledger: CallLedger, record: Recorder
):
    """Nor if it becomes one between the read that finds its lease run out and the claim."""
    later = to_item(a_running_call(record, lease=-LEASE)) | {"format": {"N": "2"}}
    updates = 0

    def at_takeover(request: Any, **_: Any) -> None:
        nonlocal updates
        updates += 1
        if updates == 2:
            aws.dynamodb.put_item(TableName=physical_name("RunTable"), Item=later)

    aws.dynamodb.meta.events.register_first("before-send.dynamodb.UpdateItem", at_takeover)
    try:
        with pytest.raises(UnreadableItemError, match="format"):
            ledger.claim(MESSAGE, owner="second", lease=LEASE)
    finally:
        aws.dynamodb.meta.events.unregister("before-send.dynamodb.UpdateItem", at_takeover)

    key = call_key(MESSAGE.run_id, MESSAGE.turn, MESSAGE.call_id)
    assert aws.dynamodb.get_item(TableName=physical_name("RunTable"), Key=key)["Item"] == later


@pytest.mark.parametrize("effect", ["pure", "keyed", "verify", "once"])
def test_a_call_whose_owner_died_is_taken_over_and_known_for_that(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], effect
):
    a_running_call(record, lease=timedelta(seconds=-1), effect=effect)

    call = take_over(ledger)

    assert (call.owner, call.fence) == ("second", 2)
    assert call == recorded()
    assert call.lease_until is not None
    assert call.lease_until > instant.now()


def test_of_twenty_that_take_a_call_over_at_once_one_has_it(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], monkeypatch: pytest.MonkeyPatch
):
    a_running_call(record, lease=-LEASE)
    one_request_at_a_time(monkeypatch)
    together = threading.Barrier(20)

    def claim_it(number: int) -> Any:
        together.wait()
        return ledger.claim(MESSAGE, owner=f"owner-{number}", lease=LEASE)

    with ThreadPoolExecutor(20) as pool:
        claims = list(pool.map(claim_it, range(20)))

    (winner,) = [each.call for each in claims if isinstance(each, TakenOver)]
    assert (winner.owner, winner.fence) == (recorded().owner, 2)
    assert sum(isinstance(each, NotOurs) for each in claims) == 19


def test_a_call_that_a_person_let_run_is_claimed_without_what_the_person_was_told(
    ledger: CallLedger, record: Recorder
):
    asked = {"wait_until": instant.now(), "error": Failure("outcome_unknown", "?"), "detail": "It died."}
    record(decision="approved", decision_reason="It did not arrive.", fence=2, **asked)

    call = claim(ledger)

    assert (call.wait_until, call.error, call.detail) == (None, None, None)
    assert (call.decision, call.decision_reason, call.fence) == ("approved", "It did not arrive.", 3)


def test_the_outcome_is_written_with_the_moment_of_its_end(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call]
):
    record()
    call = claim(ledger)

    closed = ledger.close(
        call, outcome="failed", error=Failure("tool_failed", "It failed."), detail="Traceback", output=None
    )

    assert (closed.outcome, closed.error, closed.detail) == (
        "failed",
        Failure("tool_failed", "It failed."),
        "Traceback",
    )
    assert closed.ended_at is not None
    stored = recorded()
    assert stored == replace(closed, ended_at=stored.ended_at)


def test_a_zombie_writes_nothing_after_another_claim(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call]
):
    a_running_call(record, lease=-LEASE, effect="pure")
    zombie = recorded()
    take_over(ledger)
    before = recorded()

    for write in WRITES:
        with pytest.raises(StaleReadError):
            write(ledger, zombie)

    assert recorded() == before


@pytest.mark.parametrize(
    "stale", [{"owner": "another"}, {"fence": 7}], ids=["another owner", "another claim of the same owner"]
)
def test_a_write_names_its_owner_and_its_claim(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], stale
):
    record()
    call = claim(ledger)

    for write in WRITES:
        with pytest.raises(StaleReadError):
            write(ledger, replace(call, **stale))

    assert recorded().outcome == "running"


def test_a_call_left_to_a_person_runs_no_more_and_is_undecided(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call]
):
    decided = {"decision_reason": "Go on.", "decided_at": instant.now(), "decided_by": {"type": "iam"}}
    record(decision="approved", **decided)
    call = claim(ledger)
    until = instant.from_text("2026-11-22T09:30:00.000Z")
    unknown = Failure("outcome_unknown", "It is unknown.")

    asked = ledger.ask(call, wait_until=until, error=unknown, detail="It died.")

    assert asked == replace(recorded(), asked_at=asked.asked_at)
    assert asked.asked_at is not None
    assert asked == replace(
        call,
        outcome="awaiting_decision",
        asked_at=asked.asked_at,
        wait_until=until,
        error=unknown,
        detail="It died.",
        decision=None,
        decision_reason=None,
        decided_at=None,
        decided_by=None,
        lease_until=None,
        started_at=None,
    )


def test_a_call_that_was_released_is_as_before_its_claim(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call]
):
    pending = record(decision="approved")

    released = ledger.release(claim(ledger))

    assert released == recorded() == replace(pending, owner="first", fence=1, given_back=1)
    assert claim(ledger, "second").fence == 2


@each_write
def test_a_write_whose_reply_was_lost_is_ours(
    aws: SimpleNamespace, *, ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], write
):
    record()
    call = claim(ledger)

    with reply_lost(aws.dynamodb, "UpdateItem"):
        written = write(ledger, call)

    assert (written.outcome, written.fence) == (recorded().outcome, recorded().fence)
    assert written.outcome != "running"


def test_a_write_of_the_next_owner_is_not_taken_for_ours(ledger: CallLedger, record: Recorder):
    zombie = a_running_call(record, lease=-LEASE)
    ledger.close(take_over(ledger), outcome="succeeded", output=Stored("inline:x"))

    with pytest.raises(StaleReadError):
        ledger.close(zombie, outcome="succeeded", output=Stored("inline:late"))


def test_an_outcome_is_written_once(ledger: CallLedger, record: Recorder, recorded: Callable[[], Call]):
    record()
    call = claim(ledger)
    ledger.close(call, outcome="succeeded", output=Stored("inline:first"))

    with pytest.raises(StaleReadError):
        ledger.close(call, outcome="failed", error=Failure("x", "y"))

    assert recorded().output == "inline:first"


def test_a_claim_whose_reply_was_lost_is_ours(
    aws: SimpleNamespace, ledger: CallLedger, record: Recorder, recorded: Callable[[], Call]
):
    record()
    with reply_lost(aws.dynamodb, "UpdateItem"):
        call = claim(ledger)

    assert call == recorded()
    assert call.fence == 1


def test_a_call_taken_over_is_known_for_that_though_the_reply_was_lost(
    aws: SimpleNamespace, ledger: CallLedger, record: Recorder, recorded: Callable[[], Call]
):
    a_running_call(record, lease=-LEASE)
    with reply_lost(aws.dynamodb, "UpdateItem", number=2):
        call = take_over(ledger)

    assert call == recorded()
    assert call.fence == 2


def test_a_claim_of_another_is_not_ours_though_a_reply_was_lost(
    aws: SimpleNamespace, ledger: CallLedger, record: Recorder
):
    a_running_call(record, lease=LEASE)

    with reply_lost(aws.dynamodb, "UpdateItem"):
        assert isinstance(ledger.claim(MESSAGE, owner="second", lease=LEASE), NotOurs)


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "unknown", "awaiting_decision", "pending"])
def test_a_call_whose_slow_owner_wrote_after_all_is_not_taken_over(
    aws: SimpleNamespace, ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], outcome
):
    """Between the read that finds its lease run out and the claim that would take it over."""
    left = a_running_call(record, lease=-timedelta(seconds=1))
    written = replace(left, outcome=outcome)
    updates = 0

    def at_takeover(request: Any, **_: Any) -> None:
        nonlocal updates
        updates += 1
        if updates == 2:
            record(**asdict_shallow(written))

    aws.dynamodb.meta.events.register_first("before-send.dynamodb.UpdateItem", at_takeover)
    try:
        claimed = ledger.claim(MESSAGE, owner="second", lease=LEASE)
    finally:
        aws.dynamodb.meta.events.unregister("before-send.dynamodb.UpdateItem", at_takeover)

    assert updates == 2
    assert claimed == NotOurs(recorded())
    assert (recorded().outcome, recorded().owner, recorded().fence) == (outcome, "first", 1)
