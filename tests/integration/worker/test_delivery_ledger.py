"""A webhook is handled once, however often and wherever it is delivered, and never lost."""

import time
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from contracts import instant
from contracts.errors import RetryLaterError

from functions.worker.deliveries import KEPT_SECONDS, LEASE_SECONDS, DeliveryLedger
from tests.harness.template import Template, physical_name
from tests.integration.tools.lost_replies import before_call, reply_lost

TABLE = physical_name("RunTable")
KEY = {"pk": {"S": "webhook#wh_1"}, "sk": {"S": "delivery"}}

WHOLE_LEASE = range(LEASE_SECONDS - 20, LEASE_SECONDS + 2)
"""The seconds until it ends, as the clock runs on."""

type Reader = Callable[[], Any]


@pytest.fixture
def ledger(aws: SimpleNamespace) -> DeliveryLedger:
    return DeliveryLedger(aws.dynamodb, TABLE)


@pytest.fixture
def recorded(aws: SimpleNamespace) -> Reader:
    """Read the delivery as it is recorded now, without its types."""

    def recorded() -> Any:
        item = aws.dynamodb.get_item(TableName=TABLE, Key=KEY).get("Item")
        return item and {name: next(iter(value.values())) for name, value in item.items()}

    return recorded


@pytest.fixture
def claimed(aws: SimpleNamespace) -> Callable[..., None]:
    """Record a claim whose lease ends so many seconds from now."""

    def claimed(*, seconds: int, owner: str = "first") -> None:
        facts = {"outcome": {"S": "claimed"}, "claimed_by": {"S": owner}}
        lease = {"lease_until": {"N": str(int(time.time()) + seconds)}}
        aws.dynamodb.put_item(TableName=TABLE, Item=KEY | facts | lease)

    return claimed


def handle(ledger: DeliveryLedger, owner: str = "first", *, receive_count: int = 1) -> bool:
    """Handle the delivery; say whether there was anything to do."""
    with ledger.claim("wh_1", owner=owner, receive_count=receive_count) as is_new:
        return is_new


def test_a_new_delivery_is_claimed_while_it_is_handled(ledger: DeliveryLedger, recorded: Reader):
    with ledger.claim("wh_1", owner="first", receive_count=1) as is_new:
        held = recorded()

    assert is_new
    assert (held["outcome"], held["claimed_by"]) == ("claimed", "first")
    assert abs(int(held["lease_until"]) - time.time() - LEASE_SECONDS) < 20


def test_a_claim_outlives_its_worker_and_not_by_much():
    lifetime = Template({}).properties("WorkerFunction")["Timeout"]

    assert lifetime < LEASE_SECONDS < lifetime + 30


def test_a_delivery_that_was_handled_is_remembered_for_seven_days(ledger: DeliveryLedger, recorded: Reader):
    handle(ledger)

    record = recorded()
    assert record["outcome"] == "handled"
    assert "lease_until" not in record
    assert abs(int(record["expires_at"]) - time.time() - KEPT_SECONDS) < 20
    assert KEPT_SECONDS == 7 * 24 * 3600


@pytest.mark.parametrize("owner", ["first", "second"])
def test_a_duplicate_of_what_was_handled_has_nothing_to_do(ledger: DeliveryLedger, recorded: Reader, owner):
    handle(ledger)
    before = recorded()

    assert not handle(ledger, owner)
    assert recorded() == before


@pytest.mark.parametrize(
    ("receive_count", "requests"), [(1, ["PutItem"]), (2, ["GetItem"]), (5, ["GetItem"])]
)
def test_what_was_handled_is_told_by_one_request(
    aws: SimpleNamespace, ledger: DeliveryLedger, receive_count, requests
):
    handle(ledger)
    sent: list[str] = []

    with before_call(aws.dynamodb, "", lambda model, **_: sent.append(model.name)):
        assert not handle(ledger, receive_count=receive_count)

    assert sent == requests


@pytest.mark.parametrize(
    ("receive_count", "delays"),
    [
        (1, [2]),
        (2, [5]),
        (3, {LEASE_SECONDS, LEASE_SECONDS + 1}),
        (5, {LEASE_SECONDS, LEASE_SECONDS + 1}),
    ],
)
def test_a_duplicate_of_what_is_being_handled_waits_a_little_and_then_for_the_lease(
    ledger: DeliveryLedger, receive_count, delays
):
    with ledger.claim("wh_1", owner="first", receive_count=1):
        duplicate = ledger.claim("wh_1", owner="second", receive_count=receive_count)
        with pytest.raises(RetryLaterError) as raised:
            duplicate.__enter__()

    assert raised.value.delay_seconds in delays


def test_a_waiting_duplicate_leaves_the_claim_as_it_is(
    ledger: DeliveryLedger, recorded: Reader, claimed: Callable[..., None]
):
    claimed(seconds=30)
    before = recorded()

    with pytest.raises(RetryLaterError):
        handle(ledger, "second")

    assert recorded() == before


def test_an_earlier_claim_of_the_same_worker_has_its_lease_too(
    ledger: DeliveryLedger, recorded: Reader, claimed: Callable[..., None]
):
    claimed(seconds=30, owner="first")
    before = recorded()

    with pytest.raises(RetryLaterError):
        handle(ledger, "first")

    assert recorded() == before


def test_of_two_that_see_nothing_at_once_one_waits(
    aws: SimpleNamespace, ledger: DeliveryLedger, claimed: Callable[..., None]
):
    def claim_in_between(**_: Any) -> None:
        aws.dynamodb.meta.events.unregister("before-call.dynamodb.PutItem", claim_in_between)
        claimed(seconds=30, owner="second")

    aws.dynamodb.meta.events.register("before-call.dynamodb.PutItem", claim_in_between)

    with pytest.raises(RetryLaterError) as raised:
        handle(ledger)

    assert raised.value.delay_seconds == 2


def test_of_two_that_claim_in_the_same_second_one_waits(
    ledger: DeliveryLedger, recorded: Reader, monkeypatch
):
    now = instant.now()
    monkeypatch.setattr(instant, "now", lambda: now)

    with ledger.claim("wh_1", owner="first", receive_count=1):
        with pytest.raises(RetryLaterError):
            handle(ledger, "second")
        held = recorded()

    assert held["claimed_by"] == "first"


def test_a_delivery_whose_worker_died_is_handled_after_its_lease(
    ledger: DeliveryLedger, recorded: Reader, claimed: Callable[..., None]
):
    claimed(seconds=-1)

    assert handle(ledger, "second", receive_count=2)
    assert (recorded()["outcome"], recorded()["claimed_by"]) == ("handled", "second")


@pytest.mark.parametrize("error_type", [ValueError, RetryLaterError, SystemExit, KeyboardInterrupt])
def test_a_delivery_that_failed_is_given_back_at_once(ledger: DeliveryLedger, recorded: Reader, error_type):
    error = error_type("x", delay_seconds=1) if error_type is RetryLaterError else error_type("x")

    with pytest.raises(error_type), ledger.claim("wh_1", owner="first", receive_count=1):
        raise error

    assert recorded() is None
    assert handle(ledger, "second")


def test_a_duplicate_that_fails_forgets_nothing(ledger: DeliveryLedger, recorded: Reader):
    handle(ledger)

    with pytest.raises(ValueError, match="x"), ledger.claim("wh_1", owner="first", receive_count=1):
        raise ValueError("x")

    assert recorded()["outcome"] == "handled"


def test_a_zombie_closes_nothing_after_another_claim(
    ledger: DeliveryLedger, recorded: Reader, claimed: Callable[..., None]
):
    with ledger.claim("wh_1", owner="zombie", receive_count=1):
        claimed(seconds=30, owner="second")

    assert (recorded()["outcome"], recorded()["claimed_by"]) == ("claimed", "second")


def test_a_zombie_gives_nothing_back_after_another_claim(
    ledger: DeliveryLedger, recorded: Reader, claimed: Callable[..., None]
):
    def fail_late() -> None:
        with ledger.claim("wh_1", owner="zombie", receive_count=1):
            claimed(seconds=30, owner="second")
            raise ValueError("it failed late")

    with pytest.raises(ValueError, match="it failed late"):
        fail_late()

    assert (recorded()["outcome"], recorded()["claimed_by"]) == ("claimed", "second")


def test_a_zombie_writes_nothing_when_the_delivery_was_given_back(
    aws: SimpleNamespace, ledger: DeliveryLedger, recorded: Reader
):
    with ledger.claim("wh_1", owner="zombie", receive_count=1):
        aws.dynamodb.delete_item(TableName=TABLE, Key=KEY)

    assert recorded() is None


def test_a_claim_whose_reply_was_lost_is_ours(aws: SimpleNamespace, ledger: DeliveryLedger, recorded: Reader):
    with reply_lost(aws.dynamodb, "PutItem"):
        assert handle(ledger)

    assert recorded()["outcome"] == "handled"


def test_a_close_whose_reply_was_lost_is_done(aws: SimpleNamespace, ledger: DeliveryLedger, recorded: Reader):
    with reply_lost(aws.dynamodb, "UpdateItem"):
        handle(ledger)

    assert recorded()["outcome"] == "handled"


def test_webhooks_do_not_know_each_other(ledger: DeliveryLedger):
    handle(ledger)

    with ledger.claim("wh_2", owner="first", receive_count=1) as is_new:
        assert is_new
