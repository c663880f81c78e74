"""A run moves by writes that are conditional on what was read."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from contracts.errors import StaleReadError
from contracts.items import to_item
from contracts.payloads import Stored
from contracts.records import Call, Event, Failure, Run, RunRequest, Turn, sweep_partition

from functions.worker.run_store import RunStore
from tests.harness.template import physical_name
from tests.integration.tools.lost_replies import before_call, reply_lost

TABLE = physical_name("RunTable")
NOW = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.fixture
def store(aws: SimpleNamespace) -> RunStore:
    return RunStore(aws.dynamodb, TABLE)


def a_run(**facts: Any) -> Run:
    run = Run(
        run_id="run_1",
        kind="response",
        status="in_progress",
        request_key="request#run_1",
        tools=("get_order",),
        metadata={"customer": "ann"},
        created_at=NOW,
        updated_at=NOW,
        deadline_at=NOW + timedelta(hours=1),
        max_turns=20,
        turn=1,
        provider_id="resp_1",
        sweep=sweep_partition("run_1"),
    )
    return replace(run, **facts)


def a_call(**facts: Any) -> Call:
    call = Call(
        run_id="run_1",
        turn=1,
        call_id="call_1",
        name="get_order",
        arguments=Stored("inline:{}"),
        effect="pure",
        outcome="pending",
        created_at=NOW,
    )
    return replace(call, **facts)


def a_turn(**facts: Any) -> Turn:
    turn = Turn(
        run_id="run_1",
        turn=1,
        provider_id="resp_1",
        status="completed",
        started_at=NOW,
        ended_at=NOW,
        woken_by="webhook",
    )
    return replace(turn, **facts)


def put(aws: SimpleNamespace, *records: Any) -> None:
    for record in records:
        aws.dynamodb.put_item(TableName=TABLE, Item=to_item(record))


def item(aws: SimpleNamespace, sort_key: str = "run") -> dict[str, Any]:
    key = {"pk": {"S": "run_1"}, "sk": {"S": sort_key}}
    found: dict[str, Any] = aws.dynamodb.get_item(TableName=TABLE, Key=key)["Item"]
    return found


def test_a_run_is_read_as_it_was_written(aws: SimpleNamespace, store: RunStore):
    run = a_run(
        usage={"total_tokens": 5},
        error=Failure("code", "words"),
        submitting_turn=2,
        submitting_by="w",
        submitting_until=NOW,
        turn_started_at=NOW,
        ended_at=NOW,
    )
    put(aws, run)

    assert store.run("run_1") == run
    assert store.run("run_2") is None


def test_a_write_moves_a_run_by_one_version(aws: SimpleNamespace, store: RunStore):
    put(aws, run := a_run())

    advanced = store.advance(run, status="requires_action")

    assert advanced == replace(run, status="requires_action", version=2, updated_at=advanced.updated_at)
    stored = store.run("run_1")
    assert stored is not None
    assert abs(stored.updated_at - advanced.updated_at) < timedelta(milliseconds=1)
    assert replace(stored, updated_at=advanced.updated_at) == advanced


def test_a_write_from_a_stale_read_is_refused(aws: SimpleNamespace, store: RunStore):
    put(aws, stale := a_run())
    store.advance(stale, status="requires_action")
    before = item(aws)

    with pytest.raises(StaleReadError):
        store.advance(stale, status="completed")

    assert item(aws) == before


def test_a_run_that_is_gone_is_not_made_anew_by_a_write(store: RunStore):
    with pytest.raises(StaleReadError):
        store.advance(a_run(), status="completed")

    assert store.run("run_1") is None


def test_a_write_whose_reply_was_lost_is_known_for_our_own(aws: SimpleNamespace, store: RunStore):
    put(aws, run := a_run())

    with reply_lost(aws.dynamodb, "UpdateItem"):
        advanced = store.advance(run, status="completed")

    current = store.run("run_1")
    assert current is not None
    assert (current.status, current.version) == (advanced.status, advanced.version) == ("completed", 2)


def test_what_has_no_value_any_more_is_removed(aws: SimpleNamespace, store: RunStore):
    put(aws, run := a_run(submitting_turn=2, submitting_by="w", submitting_until=NOW))

    store.advance(run, submitting_turn=None, submitting_by=None, submitting_until=None)

    assert not {"submitting_turn", "submitting_by", "submitting_until"} & item(aws).keys()


def test_only_what_changed_is_written(aws: SimpleNamespace, store: RunStore):
    put(aws, run := a_run())
    asked: list[dict[str, Any]] = []
    aws.dynamodb.meta.events.register(
        "provide-client-params.dynamodb.UpdateItem", lambda params, **_: asked.append(params)
    )

    store.advance(run, status="requires_action", provider_id="resp_1", metadata={"customer": "ann"})

    (request,) = asked
    assert set(request["ExpressionAttributeNames"].values()) == {
        *("status", "version", "updated_at", "standing")
    }


def test_what_this_version_does_not_know_survives_its_writes(aws: SimpleNamespace, store: RunStore):
    aws.dynamodb.put_item(TableName=TABLE, Item=to_item(a_run()) | {"of_tomorrow": {"S": "x"}})

    run = store.run("run_1")
    assert run is not None
    store.advance(run, status="completed")

    assert item(aws)["of_tomorrow"] == {"S": "x"}


@pytest.mark.parametrize("count", [1, 99, 100, 250])
def test_calls_are_written_with_the_version_of_their_run_that_was_read_or_not_at_all(
    aws: SimpleNamespace, store: RunStore, count
):
    calls = [a_call(call_id=f"call_{n:03}") for n in range(count)]
    put(aws, run := a_run())
    moved = store.advance(run, checks=1)

    with pytest.raises(StaleReadError):
        store.advance(run, calls, status="requires_action")
    assert store.calls(run) == ()

    store.advance(moved, calls, status="requires_action")
    assert store.calls(run) == tuple(calls)


@pytest.mark.parametrize(("calls", "characters", "transactions"), [(60, 90_000, 2), (250, 10, 3)])
def test_calls_are_written_in_as_few_transactions_as_dynamodb_takes(
    aws: SimpleNamespace, store: RunStore, calls, characters, transactions
):
    put(aws, run := a_run())
    arguments = Stored(f"inline:{'x' * characters}")
    sent: list[bytes] = []

    with before_call(aws.dynamodb, "TransactWriteItems", lambda params, **_: sent.append(params["body"])):
        store.advance(run, [a_call(call_id=f"call_{number}", arguments=arguments) for number in range(calls)])

    assert len(sent) == transactions
    assert max(len(body) for body in sent) < 4_000_000
    assert max(len(json.loads(body)["TransactItems"]) for body in sent) <= 100


@pytest.mark.parametrize(
    ("codes", "error"),
    [
        (["ConditionalCheckFailed", "None"], StaleReadError),
        (["TransactionConflict", "None"], StaleReadError),
        (["ConditionalCheckFailed", "TransactionConflict", "None"], StaleReadError),
        (["ConditionalCheckFailed", "ValidationError"], ClientError),
    ],
)
def test_a_transaction_that_lost_a_race_is_told_from_one_that_is_wrong(
    aws: SimpleNamespace, store: RunStore, codes, error
):
    put(aws, run := a_run())
    reasons = {"CancellationReasons": [{"Code": code} for code in codes]}
    answer = SimpleNamespace(status_code=400), {"Error": {"Code": "TransactionCanceledException"}, **reasons}

    with before_call(aws.dynamodb, "TransactWriteItems", lambda **_: answer), pytest.raises(error):
        store.advance(run, [a_call()])


def test_a_call_that_has_changed_since_it_was_read_is_not_closed(aws: SimpleNamespace, store: RunStore):
    asked = a_call(outcome="awaiting_decision")
    put(aws, approved := a_call(outcome="pending", decision="approved"))

    with pytest.raises(StaleReadError):
        store.close_call(asked, replace(asked, outcome="denied", decision="denied"))

    assert store.calls(a_run()) == (approved,)


def test_the_calls_of_a_run_are_those_of_its_current_turn_in_order(aws: SimpleNamespace, store: RunStore):
    second, first = a_call(call_id="call_b"), a_call(call_id="call_a")
    put(aws, second, first, a_call(turn=2), a_call(turn=11), a_call(run_id="run_2"), a_run(), a_turn())

    assert store.calls(a_run()) == (first, second)
    assert store.calls(a_run(turn=3)) == ()


def test_a_turn_with_more_calls_than_one_page_is_read_whole(aws: SimpleNamespace, store: RunStore):
    calls = [a_call(call_id=f"call_{n:02}", arguments=Stored("inline:" + "x" * 99_000)) for n in range(15)]
    put(aws, *calls)

    assert store.calls(a_run()) == tuple(calls)


def test_a_turn_is_known_by_every_id_it_ended_under(aws: SimpleNamespace, store: RunStore):
    put(
        aws,
        a_turn(),
        a_turn(turn=11, provider_id="resp_11"),
        a_turn(turn=11, read_at=7, provider_id="resp_b"),
    )

    assert store.provider_ids("run_1", 11) == {"resp_11", "resp_b"}
    assert store.provider_ids("run_1", 2) == set()


def test_of_several_records_a_past_turn_is_the_one_that_was_written_with_its_calls(
    aws: SimpleNamespace, store: RunStore
):
    lost_its_race, own, late = (
        a_turn(read_at=number, ended_at=NOW + timedelta(seconds=number)) for number in (2, 3, 4)
    )
    put(aws, lost_its_race, own, late, a_call(created_at=own.ended_at))

    assert store.past_turn("run_1", 1) == own
    assert store.past_turn("run_1", 2) is None


def test_two_events_of_one_millisecond_are_two(aws: SimpleNamespace, store: RunStore):
    for webhook_id in ("wh_1", "wh_2", "wh_2"):
        store.put(a_run(), Event("run_1", NOW, "webhook_received", {"webhook_id": webhook_id}))

    events = [each for each in aws.dynamodb.scan(TableName=TABLE)["Items"] if each["sk"]["S"][:6] == "event#"]
    assert sorted(json.loads(each["facts"]["S"])["webhook_id"] for each in events) == ["wh_1", "wh_2"]


@pytest.mark.parametrize("provider_id", ["resp_1", "resp_0"], ids=["current", "earlier"])
def test_a_run_is_found_by_the_id_of_any_of_its_turns(aws: SimpleNamespace, store: RunStore, provider_id):
    put(aws, a_run(), a_turn(provider_id="resp_0"), a_run(run_id="run_2", provider_id="resp_2"))

    assert store.run_id_of(provider_id) == "run_1"
    assert store.run_id_of("resp_unheard") is None


def test_what_the_client_asked_for_is_read_where_the_run_says(aws: SimpleNamespace, store: RunStore):
    request = RunRequest("key#abc", "run_1", "f" * 64, Stored('inline:{"model":"m"}'))
    put(aws, request)

    assert store.request(a_run(request_key="key#abc")) == request


@pytest.mark.parametrize("record", [a_turn(), Event("run_1", NOW, "orphan_cancelled", {"turn": 1})])
def test_what_says_the_same_whoever_writes_it_may_be_written_twice(
    aws: SimpleNamespace, store: RunStore, record
):
    store.put(a_run(), record)
    store.put(a_run(), record)

    assert item(aws, to_item(record)["sk"]["S"]) == to_item(record)


@pytest.mark.parametrize("calls", [(), (a_call(),)], ids=["alone", "with calls"])
def test_a_run_that_is_over_is_never_written(aws: SimpleNamespace, store: RunStore, calls):
    over = a_run(status="expired", ended_at=NOW)
    put(aws, over)
    before = item(aws)

    with pytest.raises(StaleReadError):
        store.advance(over, calls, provider_id="thread_2")

    assert item(aws) == before
