"""A call is claimed by one, and only its claimant writes what came of it."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from moto.core.models import botocore_stubber
from runrelay import instant
from runrelay.errors import StaleReadError
from runrelay.messages import CallMessage
from runrelay.payloads import Stored
from runrelay.records import Call, Failure

from functions.tools.call_ledger import CallLedger, Claimed, NotOurs
from tests.integration.tools.lost_replies import reply_lost

MESSAGE = CallMessage("run_1", 1, "call_1")
LEASE = timedelta(seconds=60)

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


@pytest.mark.parametrize("effect", ["pure", "keyed"])
def test_a_call_whose_owner_died_is_run_again_when_its_effect_allows_it(
    ledger: CallLedger, record: Recorder, effect
):
    a_running_call(record, lease=timedelta(seconds=-1), effect=effect)

    call = claim(ledger, "second")

    assert (call.owner, call.fence) == ("second", 2)


@pytest.mark.parametrize("effect", ["verify", "once"])
def test_a_call_whose_owner_died_is_never_run_again_when_its_effect_is_once_or_verify(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], effect
):
    a_running_call(record, lease=-LEASE, effect=effect)
    before = recorded()

    assert ledger.claim(MESSAGE, owner="second", lease=LEASE) == NotOurs(before)
    assert recorded() == before


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
    claim(ledger, "second")
    before = recorded()

    with pytest.raises(StaleReadError):
        ledger.close(zombie, outcome="succeeded", output=Stored("inline:late"))

    assert recorded() == before


@pytest.mark.parametrize(
    "stale", [{"owner": "another"}, {"fence": 7}], ids=["another owner", "another claim of the same owner"]
)
def test_a_close_names_its_owner_and_its_claim(
    ledger: CallLedger, record: Recorder, recorded: Callable[[], Call], stale
):
    record()
    call = claim(ledger)

    with pytest.raises(StaleReadError):
        ledger.close(replace(call, **stale), outcome="succeeded", output=Stored("inline:x"))

    assert recorded().outcome == "running"


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


def test_a_claim_of_another_is_not_ours_though_a_reply_was_lost(
    aws: SimpleNamespace, ledger: CallLedger, record: Recorder
):
    a_running_call(record, lease=LEASE)

    with reply_lost(aws.dynamodb, "UpdateItem"):
        assert isinstance(ledger.claim(MESSAGE, owner="second", lease=LEASE), NotOurs)
