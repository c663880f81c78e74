"""A batch of SQS records, each on its own: what one of them does is never its neighbours' loss.

Nor is a log line or a metric that cannot be written. Every line about a record says which run, call and
webhook it is about, whoever writes it. A record that ends the process brings its neighbours
back with it, once: then it is handled while it is invisible for longer than they are.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit

from contracts.error_facts import facts_of
from contracts.errors import RetryLaterError
from contracts.messages import EARLIER, IDS, Message, from_body, ids_in

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

BACKOFF_BASE_SECONDS = 5
"""An unexpected failure waits 5, 25, 125, 625 s: longer than an outage of ten minutes before the last try."""

MAX_BACKOFF_SECONDS = 900

SET_ASIDE_SECONDS = 720
"""A record that came back is invisible for so long while it is handled, twice as long as its neighbours are.

If it ends the process, they come back before it, and without it.
"""

ANSWERED_SECONDS = 60
"""The same once it is done: until the batch is answered, which takes less."""

FAILED_AGAIN = 3
"""A record that fails so often, half a minute after its first failure, is something for people."""


class Clock(Protocol):
    """The part of a Lambda context that says how long is left."""

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until Lambda ends the invocation."""
        ...


type Record = Mapping[str, Any]

type Handle = Callable[[Message, int], None]
"""Handles one message; the number is its receive count, 1 at its first delivery."""


class Batch:
    """Hands the records of an SQS event to a function, and answers with those that are not done."""

    def __init__(
        self, sqs: "SQSClient", queue_url: str, logger: Logger, metrics: Metrics, *, seconds_for_one: int
    ) -> None:
        self._sqs = sqs
        self._queue_url = queue_url
        self._logger = logger
        self._metrics = metrics
        self._milliseconds_for_one = seconds_for_one * 1000

    def process(self, event: Mapping[str, Any], clock: Clock, handle: Handle) -> dict[str, Any]:
        """Handle the records, those received least often first, for as long as there is time for one more.

        The metrics that were counted meanwhile are published in the end.

        Returns:
            A partial batch response.
        """
        records = sorted(event["Records"], key=receive_count)
        handle_one = partial(self._handle_apart, handle) if len(records) > 1 else partial(_handle, handle)
        try:
            failed = [record for record in records if not self._is_done_by_name(record, clock, handle_one)]
        finally:
            self.publish_metrics()
        return answer(failed)

    def is_done(self, record: Record, clock: Clock, handle: Handle) -> bool:
        """Handle one record as if it were alone; say whether it is done, or has to come back."""
        return self._is_done_by_name(record, clock, partial(_handle, handle))

    def _is_done_by_name(self, record: Record, clock: Clock, handle: Callable[[Record], None]) -> bool:
        with self._named(record):
            return self._is_done(record, clock, handle)

    @contextmanager
    def _named(self, record: Record) -> Iterator[None]:
        """Have every log line in the block say what a record is about, and none after it."""
        with suppress(Exception):
            self._logger.thread_safe_append_keys(message_id=record["messageId"], **ids_in(record["body"]))
        try:
            yield
        finally:
            with suppress(Exception):
                self._logger.thread_safe_remove_keys(["message_id", *IDS])

    def _is_done(self, record: Record, clock: Clock, handle: Callable[[Record], None]) -> bool:
        if not self.is_time_left(clock):
            self._make_visible(record, 0)
            return False
        try:
            handle(record)
        except RetryLaterError as error:
            with suppress(Exception):
                self._logger.info(
                    "record put off", extra={"reason": str(error), "delay": error.delay_seconds}
                )
            self._make_visible(record, error.delay_seconds)
            return False
        except Exception as error:  # noqa: BLE001 - whatever it is
            with suppress(Exception):
                facts = {"receive_count": receive_count(record), **facts_of(error)}
                self._logger.error("record failed", extra=facts)
            self._count_failure(record)
            self._make_visible(record, BACKOFF_BASE_SECONDS ** receive_count(record))
            return False
        return True

    def is_time_left(self, clock: Clock) -> bool:
        """Say whether one more record may be begun."""
        return clock.get_remaining_time_in_millis() >= self._milliseconds_for_one

    def _handle_apart(self, handle: Handle, record: Record) -> None:
        """Handle a record among others; one that came back may end the process, and is parted from them."""
        has_come_back = receive_count(record) > 1
        if has_come_back:
            self._make_visible(record, SET_ASIDE_SECONDS)
        _handle(handle, record)
        if has_come_back:
            self._make_visible(record, ANSWERED_SECONDS)

    def _count_failure(self, record: Record) -> None:
        with suppress(Exception):
            self._metrics.add_metric("RecordFailed", MetricUnit.Count, 1)
            if receive_count(record) >= FAILED_AGAIN:
                self._metrics.add_metric("RecordFailedAgain", MetricUnit.Count, 1)

    def publish_metrics(self) -> None:
        """Publish what was counted; most batches count nothing, which Powertools would warn of."""
        if self._metrics.metric_set:
            with suppress(Exception):
                self._metrics.flush_metrics()
            self._metrics.clear_metrics()

    def _make_visible(self, record: Record, delay_seconds: int) -> None:
        """Bring a record back sooner than the queue's visibility timeout would; without it, just later."""
        try:
            self._sqs.change_message_visibility(
                QueueUrl=self._queue_url,
                ReceiptHandle=record["receiptHandle"],
                VisibilityTimeout=min(delay_seconds, MAX_BACKOFF_SECONDS),
            )
        except Exception as error:  # noqa: BLE001 - an answer that cannot be read raises AttributeError, ...
            with suppress(Exception):
                facts = {"delay": delay_seconds, **facts_of(error)}
                self._logger.warning("visibility not changed", extra=facts)

    def send_anew(self, record: Record, delay_seconds: int = 0) -> bool:
        """Have another message stand for a record that was not begun; say whether one does.

        That it came was no try at it, and does not count.
        """
        earlier = receive_count(record) - 1
        attributes: Any = {EARLIER: {"DataType": "String", "StringValue": str(earlier)}} if earlier else {}
        try:
            sent = self._sqs.send_message(
                QueueUrl=self._queue_url,
                MessageBody=record["body"],
                DelaySeconds=delay_seconds,
                MessageAttributes=attributes,
            )
        except Exception:  # noqa: BLE001 - an answer botocore cannot read raises AttributeError, UnicodeError, ...
            return False
        return bool(sent.get("MessageId"))

    def take_off(self, records: Sequence[Record]) -> None:
        """Take records off the queue before their batch is answered; one that stays comes again."""
        if not records:
            return
        entries: Any = [
            {"Id": str(at), "ReceiptHandle": record["receiptHandle"]} for at, record in enumerate(records)
        ]
        try:
            self._sqs.delete_message_batch(QueueUrl=self._queue_url, Entries=entries)
        except Exception as error:  # noqa: BLE001 - as above
            with suppress(Exception):
                facts = {"records": len(records), **facts_of(error)}
                self._logger.warning("records not taken off the queue", extra=facts)


def _handle(handle: Handle, record: Record) -> None:
    handle(from_body(record["body"]), receive_count(record))


def answer(failed: Iterable[Record]) -> dict[str, Any]:
    """Make a partial batch response that names the records that have to come back."""
    return {"batchItemFailures": [{"itemIdentifier": record["messageId"]} for record in failed]}


def receive_count(record: Record) -> int:
    """Say how often SQS has delivered a record; those times too when it was another message."""
    earlier = record.get("messageAttributes", {}).get(EARLIER, {}).get("stringValue", "0")
    return int(record["attributes"]["ApproximateReceiveCount"]) + int(earlier)
