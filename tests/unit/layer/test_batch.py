"""A batch of records, each on its own."""

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from botocore.exceptions import ClientError, EndpointConnectionError
from contracts.batch import Batch
from contracts.errors import RetryLaterError, StaleReadError
from contracts.messages import Message, RunMessage, to_body
from hypothesis import given
from hypothesis import strategies as st

QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/a-queue"
LOGGER = Logger(service=f"batch-{uuid4()}", stream=io.StringIO())
METRICS = Metrics(namespace="Runrelay", service="batch")

type Does = Callable[[], None]


@dataclass
class Sqs:
    """A queue that notes for how long records were hidden."""

    error: Exception | None = None
    hidden: dict[str, int] = field(default_factory=dict)
    """The last word on each."""

    def change_message_visibility(self, *, QueueUrl: str, ReceiptHandle: str, VisibilityTimeout: int) -> None:  # noqa: N803
        assert QueueUrl == QUEUE_URL
        if self.error:
            raise self.error
        self.hidden[ReceiptHandle.removeprefix("receipt-")] = VisibilityTimeout


@dataclass
class Clock:
    """A Lambda context with so many seconds left; each record that is handled takes one."""

    seconds: int = 1000

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds * 1000


def a_record(name: str, *, receive_count: int = 1, body: str | None = None) -> dict[str, Any]:
    """Make a record as Lambda's poller does; its message is about the run of its name."""
    return {
        "messageId": name,
        "receiptHandle": f"receipt-{name}",
        "body": to_body(RunMessage(name, "check")) if body is None else body,
        "attributes": {"ApproximateReceiveCount": str(receive_count)},
    }


@dataclass
class Worker:
    """What handles the messages: it does what is laid down for a run, and notes the order."""

    does: dict[str, Does] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    sqs: Sqs = field(default_factory=Sqs)
    handled: list[tuple[str, int]] = field(default_factory=list)

    logger: Any = LOGGER

    def process(self, *records: dict[str, Any]) -> list[str]:
        """Handle a batch, and give the ids of the records that come back."""
        batch = Batch(self.sqs, QUEUE_URL, self.logger, METRICS, seconds_for_one=15)
        answer = batch.process({"Records": list(records)}, self.clock, self._handle)
        assert list(answer) == ["batchItemFailures"]
        assert all(list(failure) == ["itemIdentifier"] for failure in answer["batchItemFailures"])
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def _handle(self, message: Message, receive_count: int) -> None:
        assert isinstance(message, RunMessage)
        self.handled.append((message.run_id, receive_count))
        self.clock.seconds -= 1
        self.does.get(message.run_id, lambda: None)()


def raising(error: BaseException) -> Does:
    def do() -> None:
        raise error

    return do


def test_records_that_are_done_do_not_come_back():
    worker = Worker()

    assert worker.process(a_record("a"), a_record("b")) == []
    assert worker.handled == [("a", 1), ("b", 1)]
    assert worker.sqs.hidden == {}


def test_an_empty_batch_is_done():
    assert Worker().process() == []


def test_a_record_that_raises_is_alone_in_coming_back():
    worker = Worker(does={"b": raising(ValueError("x"))})

    assert worker.process(a_record("a"), a_record("b"), a_record("c")) == ["b"]
    assert [name for name, _ in worker.handled] == ["a", "b", "c"]


def test_records_received_most_often_are_handled_last_so_that_a_deadly_one_kills_no_neighbour():
    worker = Worker()

    worker.process(a_record("deadly", receive_count=4), a_record("a"), a_record("b", receive_count=2))

    assert worker.handled == [("a", 1), ("b", 2), ("deadly", 4)]


def test_records_received_equally_often_keep_their_order():
    worker = Worker()

    worker.process(*(a_record(name, receive_count=10) for name in "cab"))

    assert [name for name, _ in worker.handled] == ["c", "a", "b"]


class Died(BaseException):
    """The process is gone."""


def test_a_record_that_came_back_and_ends_the_process_stays_away_for_longer_than_its_neighbours():
    worker = Worker(does={"deadly": raising(Died())})

    with pytest.raises(Died):
        worker.process(*(a_record(name, receive_count=2) for name in ("before", "deadly", "after")))

    assert [name for name, _ in worker.handled] == ["before", "deadly"]
    assert worker.sqs.hidden == {"before": 60, "deadly": 720}  # and the rest for the queue's own 360 s


def test_a_record_is_not_set_aside_when_it_is_new_or_has_no_neighbours():
    new, alone = Worker(does={"a": raising(Died())}), Worker(does={"a": raising(Died())})

    with pytest.raises(Died):
        new.process(a_record("a"), a_record("b", receive_count=2))
    with pytest.raises(Died):
        alone.process(a_record("a", receive_count=4))

    assert new.sqs.hidden == alone.sqs.hidden == {}


def test_what_there_is_no_time_for_comes_back_at_once():
    worker = Worker(clock=Clock(seconds=16))

    assert worker.process(*(a_record(name) for name in "abcd")) == ["c", "d"]
    assert [name for name, _ in worker.handled] == ["a", "b"]
    assert worker.sqs.hidden == {"c": 0, "d": 0}


@pytest.mark.parametrize(("delay", "hidden"), [(0, 0), (1, 1), (40, 40), (900, 900), (86_400, 900)])
def test_a_record_that_is_put_off_is_hidden_for_as_long_as_was_asked(delay, hidden):
    worker = Worker(does={"a": raising(RetryLaterError("later", delay_seconds=delay))})

    assert worker.process(a_record("a", receive_count=4)) == ["a"]
    assert worker.sqs.hidden == {"a": hidden}


@pytest.mark.parametrize(
    ("receive_count", "hidden"), [(1, 5), (2, 25), (3, 125), (4, 625), (5, 900), (1000, 900)]
)
def test_a_record_that_fails_waits_ever_longer(receive_count, hidden):
    worker = Worker(does={"a": raising(StaleReadError("x"))})

    worker.process(a_record("a", receive_count=receive_count))

    assert worker.sqs.hidden == {"a": hidden}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "not JSON",
        "[]",
        "null",
        "7",
        "{}",
        '{"message":"run","run_id":"a","reason":"check"}',
        json.dumps({"version": 2, "message": "run", "run_id": "a", "reason": "check"}),
        json.dumps({"version": "1", "message": "run", "run_id": "a", "reason": "check"}),
        json.dumps({"version": 1, "message": "telegram", "run_id": "a"}),
        json.dumps({"version": 1, "message": ["run"], "run_id": "a"}),
        json.dumps({"version": 1, "message": "run"}),
        "[" * 100_000,
    ],
    ids=lambda body: body[:60],
)
def test_a_message_that_is_unknown_or_newer_waits_for_whoever_knows_it_and_harms_nobody(body):
    worker = Worker()

    assert worker.process(a_record("x", body=body), a_record("a")) == ["x"]
    assert worker.handled == [("a", 1)]
    assert worker.sqs.hidden == {"x": 5}


@pytest.mark.parametrize(
    "error",
    [
        ClientError({"Error": {"Code": "InvalidParameterValue"}}, "ChangeMessageVisibility"),
        EndpointConnectionError(endpoint_url=QUEUE_URL),
        AttributeError("an answer that botocore cannot read"),
    ],
    ids=lambda error: type(error).__name__,
)
@pytest.mark.parametrize(
    "failure", [RetryLaterError("later", delay_seconds=1), ValueError("x")], ids=["put off", "failed"]
)
def test_a_record_whose_visibility_cannot_be_changed_just_comes_back_later(error, failure):
    worker = Worker(does={"a": raising(failure)}, sqs=Sqs(error))

    assert worker.process(a_record("a"), a_record("b")) == ["a"]
    assert [name for name, _ in worker.handled] == ["a", "b"]


@given(
    st.lists(
        st.tuples(st.integers(1, 9), st.sampled_from(["done", "fails", "is put off", "is unknown"])),
        max_size=10,
    ),
    st.integers(10, 30),
)
def test_the_answer_names_each_record_that_is_not_done_once_and_no_other(fates, seconds):
    errors = {"fails": ValueError("x"), "is put off": RetryLaterError("x", delay_seconds=3)}
    names = [f"id-{number}" for number in range(len(fates))]
    does = {
        name: raising(errors[fate]) for name, (_, fate) in zip(names, fates, strict=True) if fate in errors
    }
    worker = Worker(does, Clock(seconds))
    records = [
        a_record(name, receive_count=count, body="?" if fate == "is unknown" else None)
        for name, (count, fate) in zip(names, fates, strict=True)
    ]

    failed = worker.process(*records)

    done = [name for name, _ in worker.handled if name not in does]
    assert sorted(failed + done) == sorted(names)


def count() -> None:
    METRICS.add_metric("RunEnded", MetricUnit.Count, 1)


def test_what_a_batch_counts_is_published_once_whatever_fails(capsys):
    def count_and_fail() -> None:
        count()
        raise ValueError("x")

    Worker(does={"a": count, "b": count_and_fail}).process(a_record("a"), a_record("b"))
    Worker().process(a_record("a"))

    (published,) = capsys.readouterr().out.splitlines()
    assert json.loads(published)["RunEnded"] == [1.0, 1.0]


def test_a_batch_that_counts_nothing_publishes_nothing_and_warns_of_nothing(capsys):
    Worker().process(a_record("a"))

    assert capsys.readouterr() == ("", "")


class BrokenLogger:
    """A logger that raises, whatever it is told."""

    def info(self, *_: Any, **__: Any) -> None:
        raise KeyError("Attempt to overwrite 'name' in LogRecord")

    warning = exception = info


def test_a_logger_that_raises_changes_nothing():
    does = {"a": raising(RetryLaterError("later", delay_seconds=3)), "b": raising(ValueError("x"))}
    worker = Worker(does=does, logger=BrokenLogger())
    mute = Worker(does=does, logger=BrokenLogger(), sqs=Sqs(OSError("x")))
    records = [a_record(name) for name in "abc"]

    assert worker.process(*records) == mute.process(*records) == ["a", "b"]
    assert [name for name, _ in worker.handled] == [name for name, _ in mute.handled] == ["a", "b", "c"]
    assert worker.sqs.hidden == {"a": 3, "b": 5}


def test_a_batch_whose_output_is_closed_is_done_all_the_same(monkeypatch):
    closed = io.StringIO()
    closed.close()
    logger = Logger(service=f"batch-{uuid4()}", stream=closed)

    def count_and_log() -> None:
        count()
        logger.info("run advanced")

    worker = Worker(does={"a": count_and_log, "b": raising(ValueError("x"))}, logger=logger)
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", closed)
        failed = worker.process(a_record("a"), a_record("b"), a_record("c"))

    assert failed == ["b"]
    assert METRICS.metric_set == {}
