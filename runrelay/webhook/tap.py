"""A queue to which EventBridge copies the webhooks of a deployed stack, for one who listens, and for as long.

The stack relays every webhook to EventBridge anyway: a rule and a queue are all it takes.
"""

import json
import secrets
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from contracts import instant

from runrelay.command_line import CommandError
from runrelay.deployed import Deployed
from runrelay.reach import Reach

DETAIL_TYPE: Final = "Webhook Relayed"
TARGET: Final = "queue"
STACK_TAG, UNTIL_TAG = "runrelay:stack", "runrelay:listening-until"

LEASE: Final = timedelta(hours=1)
"""After so long without a renewal nobody listens any more, and the next one who does takes it all away."""

RENEWED_EACH: Final = LEASE / 3
SECONDS_UNTIL_A_QUEUE_IS_THERE: Final = 1
"""As AWS has it: CreateQueue."""

ATTRIBUTES: Final = {
    "MessageRetentionPeriod": "3600",
    "VisibilityTimeout": "30",
    "SqsManagedSseEnabled": "true",
}
MOST_OF_A_STACKS_NAME: Final = 48
"""Characters, of the 64 that a rule's name may have."""


@dataclass(slots=True)
class Tap:
    """The queue, from which a message goes once it was taken elsewhere."""

    sqs: Any  # a boto3 client
    url: str
    renewed_at: datetime

    def receive(self) -> list[dict[str, Any]]:
        """Wait for webhooks for twenty seconds at most."""
        self._renew()
        answer = self.sqs.receive_message(QueueUrl=self.url, MaxNumberOfMessages=10, WaitTimeSeconds=20)
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def delete(self, message: dict[str, Any]) -> None:
        self.sqs.delete_message(QueueUrl=self.url, ReceiptHandle=message["ReceiptHandle"])

    def _renew(self) -> None:
        now = instant.now()
        if now - self.renewed_at >= RENEWED_EACH:
            self.sqs.tag_queue(QueueUrl=self.url, Tags={UNTIL_TAG: instant.to_text(now + LEASE)})
            self.renewed_at = now


@contextmanager
def tapped(there: Reach) -> Iterator[Tap]:
    """Have the webhooks of a stack copied to a queue while the block runs.

    Raises:
        CommandError: EventBridge did not take the queue.
    """
    deployed = there.deployed()
    sqs, events = there.client("sqs"), there.client("events")
    _take_away_left_over(sqs, events, deployed.name)
    name, now = f"{_prefix(deployed.name)}{secrets.token_hex(4)}", instant.now()
    with ExitStack() as made:
        url = sqs.create_queue(
            QueueName=name,
            Attributes=ATTRIBUTES | {"Policy": json.dumps(_policy(deployed, name))},
            tags={STACK_TAG: deployed.name, UNTIL_TAG: instant.to_text(now + LEASE)},
        )["QueueUrl"]
        made.callback(sqs.delete_queue, QueueUrl=url)
        time.sleep(SECONDS_UNTIL_A_QUEUE_IS_THERE)
        events.put_rule(
            Name=name,
            Description="Copies webhooks for `runrelay webhook listen`.",
            EventPattern=json.dumps(
                {"source": ["runrelay"], "detail-type": [DETAIL_TYPE], "resources": [deployed.name]}
            ),
            Tags=[{"Key": STACK_TAG, "Value": deployed.name}],
        )
        made.callback(events.delete_rule, Name=name)
        taken = events.put_targets(Rule=name, Targets=[{"Id": TARGET, "Arn": deployed.arn("sqs", name)}])
        if taken["FailedEntryCount"]:
            raise CommandError(f"EventBridge did not take the queue {name}: {taken['FailedEntries']}")
        made.callback(events.remove_targets, Rule=name, Ids=[TARGET])
        yield Tap(sqs, url, now)


def _prefix(stack_name: str) -> str:
    return f"{stack_name[:MOST_OF_A_STACKS_NAME]}-listen-"


def _policy(deployed: Deployed, name: str) -> dict[str, Any]:
    """Let this rule send to this queue, and nobody else."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "events.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": deployed.arn("sqs", name),
        "Condition": {"ArnEquals": {"aws:SourceArn": deployed.arn("events", f"rule/{name}")}},
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


def _take_away_left_over(sqs: Any, events: Any, stack_name: str) -> None:  # noqa: ANN401 - boto3 clients
    """Take away what one has left who could not do it at the end: who was killed, or lost the credentials."""
    now = instant.to_text(instant.now())
    for url in sqs.list_queues(QueueNamePrefix=_prefix(stack_name)).get("QueueUrls", []):
        with suppress(sqs.exceptions.QueueDoesNotExist):
            tags = sqs.list_queue_tags(QueueUrl=url).get("Tags", {})
            if tags.get(STACK_TAG) == stack_name and tags.get(UNTIL_TAG, now) < now:
                name = url.rpartition("/")[2]
                with suppress(events.exceptions.ResourceNotFoundException):
                    events.remove_targets(Rule=name, Ids=[TARGET])
                    events.delete_rule(Name=name)
                sqs.delete_queue(QueueUrl=url)
