"""Waiting until nothing is under way, so that what is counted then is all there will be."""

import time
from typing import TYPE_CHECKING, Final

from runrelay.stack import Stack
from tasks.demo.stage import now

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

PATIENCE_SECONDS: Final = 20
COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


def wait_until_quiet(stack: Stack) -> int:
    """Wait until the queues are empty: a late duplicate has had its chance to do harm.

    Returns:
        How many messages are left when patience ends.
    """
    sqs = stack.client("sqs")
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    with now() as line:
        line.shows("waiting for the last duplicates to be handled")
        while (left := _messages(sqs, stack)) and time.monotonic() < give_up_at:
            time.sleep(0.25)
    return left


def _messages(sqs: "SQSClient", stack: Stack) -> int:
    queues = (stack.run_queue_url, stack.tool_queue_url)
    answers = [sqs.get_queue_attributes(QueueUrl=url, AttributeNames=COUNTS)["Attributes"] for url in queues]
    return sum(int(answer[name]) for answer in answers for name in COUNTS)
