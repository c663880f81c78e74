"""Records of one batch, side by side: what one of them does is never its neighbours' loss."""

import io
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger, Metrics
from contracts.batch import Batch
from contracts.errors import RetryLaterError
from contracts.messages import Message, RunMessage, WebhookMessage, to_body
from contracts.signals import SharedMetrics
from hypothesis import given
from hypothesis import strategies as st

from functions.worker import side_by_side
from functions.worker.side_by_side import SideBySide

QUEUE_URL = "https://sqs.eu-west-1.amazonaws.com/123456789012/a-queue"
PATIENCE_SECONDS = 20
MAX_RECEIVES = 5

type Does = Callable[[], None]


@dataclass
class Sqs:
    """A queue that notes what it was asked, in order."""

    error: Exception | None = None
    asked: list[tuple[str, str, Any]] = field(default_factory=list)

    def change_message_visibility(self, *, ReceiptHandle: str, VisibilityTimeout: int, **_: Any) -> None:  # noqa: N803
        self.asked.append(("hide", ReceiptHandle, VisibilityTimeout))

    def send_message(
        self,
        *,
        MessageBody: str,  # noqa: N803
        DelaySeconds: int,  # noqa: N803
        MessageAttributes: Any,  # noqa: N803
        **_: Any,
    ) -> dict[str, str]:
        if self.error:
            raise self.error
        earlier = MessageAttributes.get("earlier_receives", {}).get("StringValue")
        self.asked.append(("send", json.loads(MessageBody)["run_id"], (DelaySeconds, earlier)))
        return {"MessageId": "m"}

    def delete_message_batch(self, *, Entries: list[dict[str, str]], **_: Any) -> None:  # noqa: N803
        if self.error:
            raise self.error
        self.asked += [("delete", entry["ReceiptHandle"], None) for entry in Entries]


@dataclass
class Clock:
    seconds: int = 1000

    def get_remaining_time_in_millis(self) -> int:
        return self.seconds * 1000


def a_record(
    name: str, *, receive_count: int = 1, earlier: int = 0, message: Message | None = None
) -> dict[str, Any]:
    """Make a record as Lambda's poller does; its message is about the run of its name."""
    attributes = {"earlier_receives": {"stringValue": str(earlier), "dataType": "String"}}
    return {
        "messageId": name,
        "receiptHandle": name,
        "body": to_body(message or RunMessage(name, "check")),
        "attributes": {"ApproximateReceiveCount": str(receive_count)},
        "messageAttributes": attributes if earlier else {},
    }


@dataclass
class Worker:
    """What handles the messages: it does what is laid down for a run, and notes the order of beginnings."""

    does: dict[str, Does] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    sqs: Sqs = field(default_factory=Sqs)
    handled: list[tuple[str, int]] = field(default_factory=list)
    output: io.StringIO = field(default_factory=io.StringIO)
    at_once: int = 10

    def __post_init__(self) -> None:
        self.logger = Logger(service=f"side-{uuid4()}", stream=self.output)
        self.metrics = Metrics(namespace="Runrelay", service="side")

    def process(self, *records: dict[str, Any]) -> list[str]:
        """Handle a batch, and give the ids of the records that come back."""
        sqs: Any = self.sqs
        batch = Batch(sqs, QUEUE_URL, self.logger, self.metrics, seconds_for_one=15)
        answer = SideBySide(batch, at_once=self.at_once, max_receives=MAX_RECEIVES).process(
            {"Records": list(records)}, self.clock, self._handle
        )
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def _handle(self, message: Message, receive_count: int) -> None:
        name = message.run_id if isinstance(message, RunMessage) else str(message)
        self.handled.append((name, receive_count))
        self.does.get(name, lambda: None)()


def raising(error: BaseException) -> Does:
    def do() -> None:
        raise error

    return do


class Died(BaseException):
    """The process is gone."""


def test_ten_new_records_are_under_way_at_the_same_time():
    together = threading.Barrier(10, timeout=PATIENCE_SECONDS)
    names = [f"run_{number}" for number in range(10)]
    worker = Worker({name: lambda: together.wait() and None for name in names})

    assert worker.process(*map(a_record, names)) == []
    assert sorted(name for name, _ in worker.handled) == names
    assert worker.sqs.asked == []


def test_a_record_that_raises_or_is_put_off_is_alone_in_coming_back():
    worker = Worker({"b": raising(ValueError("x")), "c": raising(RetryLaterError("later", delay_seconds=7))})

    assert sorted(worker.process(*map(a_record, "abcd"))) == ["b", "c"]
    assert sorted(worker.sqs.asked) == [("hide", "b", 5), ("hide", "c", 7)]


@pytest.mark.parametrize(
    "messages",
    [
        [RunMessage("run_1", "check"), RunMessage("run_1", "cancel"), RunMessage("run_1", "stop")],
        [
            WebhookMessage(f"wh_{at}", {"type": "response.completed", "data": {"id": "resp_1"}})
            for at in "123"
        ],
    ],
    ids=["a run", "a response"],
)
def test_what_is_about_the_same_thing_goes_one_after_another_in_the_order_it_came(messages: list[Message]):
    under_way, order, most = threading.Semaphore(1), [], []

    class Slow(Worker):
        def _handle(self, message: Message, receive_count: int) -> None:
            most.append(under_way.acquire(blocking=False))
            threading.Event().wait(0.02)
            order.append(message)
            under_way.release()

    assert Slow().process(*(a_record(str(at), message=each) for at, each in enumerate(messages))) == []
    assert (order, most) == (messages, [True] * 3)


def test_a_record_that_came_back_is_begun_when_the_others_are_done_and_off_the_queue():
    worker = Worker()

    worker.process(a_record("deadly", receive_count=2), a_record("a"), a_record("b"))

    assert worker.handled[-1] == ("deadly", 2)
    assert worker.sqs.asked == [("delete", "a", None), ("delete", "b", None)]


def test_a_record_that_came_back_and_ends_the_process_takes_nobody_with_it():
    worker = Worker({"deadly": raising(Died())})

    with pytest.raises(Died):
        worker.process(
            a_record("deadly", receive_count=4),
            a_record("new"),
            a_record("victim", receive_count=2),
            a_record("other", receive_count=3),
        )

    assert sorted(worker.handled) == [("deadly", 4), ("new", 1)]
    assert worker.sqs.asked == [
        ("send", "victim", (1, "1")),
        ("send", "other", (2, "2")),
        ("delete", "victim", None),
        ("delete", "other", None),
        ("delete", "new", None),
    ]


def test_those_that_came_back_are_off_the_queue_when_a_new_one_may_end_the_process():
    worker = Worker({"deadly": raising(Died())})

    with pytest.raises(Died):
        worker.process(a_record("deadly"), a_record("a", receive_count=3), a_record("most", receive_count=4))

    assert worker.handled == [("deadly", 1)]
    assert worker.sqs.asked == [("send", "a", (1, "2")), ("delete", "a", None)]


def test_nothing_is_handled_beside_one_that_is_received_for_the_last_time():
    """However many new ones would end the process, what came back is tried once more."""
    worker = Worker({"deadly": raising(Died())})

    assert worker.process(a_record("deadly"), a_record("victim", receive_count=MAX_RECEIVES)) == []

    assert worker.handled == [("victim", MAX_RECEIVES)]
    assert worker.sqs.asked == [("send", "deadly", (1, None)), ("delete", "deadly", None)]


def test_where_new_ones_cannot_be_sent_anew_they_are_handled_as_ever():
    worker = Worker(sqs=Sqs(OSError("x")))

    assert worker.process(a_record("a"), a_record("victim", receive_count=MAX_RECEIVES)) == []

    assert worker.handled == [("a", 1), ("victim", MAX_RECEIVES)]


def test_a_record_that_was_sent_anew_counts_the_receives_of_the_one_before_it():
    worker = Worker()

    worker.process(a_record("a", receive_count=1, earlier=3))
    worker.process(a_record("b", receive_count=2, earlier=2), a_record("c"))

    assert worker.handled == [("a", 4), ("c", 1), ("b", 4)]


def test_one_that_failed_is_not_taken_off_the_queue():
    worker = Worker({"a": raising(ValueError("x"))})

    assert worker.process(a_record("a"), a_record("b"), a_record("back", receive_count=2)) == ["a"]
    assert ("delete", "a", None) not in worker.sqs.asked
    assert ("delete", "b", None) in worker.sqs.asked


def test_what_there_is_no_time_for_is_sent_anew_and_burns_no_receive():
    worker = Worker()
    worker.does = {"a": lambda: setattr(worker.clock, "seconds", 14)}
    records = [
        a_record("a"),
        a_record("x", message=RunMessage("a", "cancel")),
        a_record("b", receive_count=3),
    ]

    assert worker.process(*records) == []
    assert worker.handled == [("a", 1)]
    assert [each for each in worker.sqs.asked if each[0] == "send"] == [
        ("send", "a", (0, None)),
        ("send", "b", (0, "2")),
    ]


def test_a_queue_that_takes_nothing_costs_no_record():
    worker = Worker(sqs=Sqs(OSError("x")))

    failed = worker.process(
        a_record("a"), a_record("b", receive_count=2), a_record("c", receive_count=2), a_record("d")
    )

    assert failed == ["b"]  # it could not be parted, and comes back
    assert worker.handled[-1] == ("c", 2)


def test_a_queue_that_hangs_is_asked_once_and_has_nobody_wait_for_each_record():
    class Hangs(Sqs):
        def send_message(self, **_: Any) -> dict[str, str]:
            self.asked.append(("send", "", None))
            raise OSError("x")

    worker = Worker(sqs=Hangs())

    failed = worker.process(a_record("a"), *(a_record(name, receive_count=2) for name in "bcd"))

    assert failed == ["b", "c"]
    assert worker.handled == [("a", 1), ("d", 2)]
    assert [what for what, *_ in worker.sqs.asked].count("send") == 1


def test_records_that_are_done_are_taken_off_the_queue_while_another_takes_long(monkeypatch):
    monkeypatch.setattr(side_by_side, "SECONDS_UNTIL_TAKEN_OFF", 0.05)
    is_taken_off = threading.Event()

    class Watched(Sqs):
        def delete_message_batch(self, **asked: Any) -> None:
            super().delete_message_batch(**asked)
            is_taken_off.set()

    worker = Worker(
        {"slow": lambda: None if is_taken_off.wait(PATIENCE_SECONDS) else pytest.fail("it was not")},
        sqs=Watched(),
    )

    assert worker.process(a_record("slow"), a_record("a"), a_record("b")) == []
    assert {receipt for what, receipt, _ in worker.sqs.asked if what == "delete"} == {"a", "b"}


def test_a_process_that_ends_under_new_records_answers_for_none_of_them():
    worker = Worker({"b": raising(Died())})

    with pytest.raises(Died):
        worker.process(*map(a_record, "abc"))


def test_with_one_at_once_a_batch_is_handled_as_any_other():
    worker = Worker(at_once=1)

    worker.process(a_record("b", receive_count=2), a_record("a"))

    assert worker.handled == [("a", 1), ("b", 2)]
    assert worker.sqs.asked == [("hide", "b", 720), ("hide", "b", 60)]


def test_each_log_line_names_its_own_record_and_no_other():
    together, worker = threading.Barrier(2, timeout=PATIENCE_SECONDS), Worker()

    def say() -> None:
        together.wait()
        worker.logger.info("looked")
        together.wait()
        worker.logger.info("looked again")

    worker.does = {"run_a": say, "run_b": say}
    worker.process(a_record("run_a"), a_record("run_b"))
    worker.logger.info("after all")

    lines = [json.loads(line) for line in worker.output.getvalue().splitlines()]
    assert sorted((line["run_id"], line["message_id"]) for line in lines[:-1]) == [
        *[("run_a", "run_a")] * 2,
        *[("run_b", "run_b")] * 2,
    ]
    assert "run_id" not in lines[-1]


def test_what_is_counted_side_by_side_is_counted_whole():
    metrics = SharedMetrics(namespace="Runrelay", service="side")
    metrics.clear_metrics()
    together = threading.Barrier(8, timeout=PATIENCE_SECONDS)

    def count() -> None:
        together.wait()
        for _ in range(10):
            metrics.add_metric("Counted", "Count", 1)

    worker = Worker({f"run_{at}": count for at in range(8)})
    seen: list[int] = []
    worker.does["last"] = lambda: seen.append(len(metrics.metric_set["Counted"]["Value"]))
    worker.process(*(a_record(f"run_{at}") for at in range(8)), a_record("last", receive_count=2))

    assert seen == [80]
    metrics.clear_metrics()


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5), st.sampled_from(["done", "fails", "is put off"]), st.sampled_from("abcdef")
        ),
        max_size=10,
    ),
    st.integers(10, 30),
)
def test_each_record_is_done_or_comes_back_or_is_sent_anew(fates, seconds):
    errors = {"fails": ValueError("x"), "is put off": RetryLaterError("x", delay_seconds=3)}
    worker = Worker(clock=Clock(seconds))
    records = [
        a_record(f"id-{at}", receive_count=count, message=RunMessage(f"{run}-{at}", "check"))
        for at, (count, _, run) in enumerate(fates)
    ]
    worker.does = {
        f"{run}-{at}": raising(errors[fate]) for at, (_, fate, run) in enumerate(fates) if fate in errors
    }

    failed = worker.process(*records)

    done = [name for name, _ in worker.handled if name not in worker.does]
    sent = [name for what, name, _ in worker.sqs.asked if what == "send"]
    known = {f"id-{at}": f"{run}-{at}" for at, (_, _, run) in enumerate(fates)}
    assert sorted([*done, *sent, *(known[each] for each in failed)]) == sorted(known.values())
