"""How a stack is: the doctor's findings, its queues, its gates, and the webhooks that did not come."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import anyio.to_thread
from contracts import instant

from runrelay.command_line import CommandError
from runrelay.console.view import Seen
from runrelay.doctor.examination import examine
from runrelay.doctor.finding import Finding
from runrelay.logs.search import lines
from runrelay.reach import Reach, Where, reach, reaching

COUNTS: Final = {
    "waiting": "ApproximateNumberOfMessages",
    "in_hand": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}
QUEUES: Final = {
    "Run queue": "RunQueueUrl",
    "Tool queue": "ToolQueueUrl",
    "Run dead letters": "RunDeadLetterQueueUrl",
    "Tool dead letters": "ToolDeadLetterQueueUrl",
}
PROVIDERS: Final = {"OpenAIBaseUrl": "https://api.openai.com/v1", "ThreadBaseUrl": ""}
"""Parameters with a provider's URL, which names its gate; what they are if nothing is said."""

RECOVERED: Final = "WebhookRecovered"
A_DAY: Final = timedelta(days=1)
LOOK_AGAIN_SECONDS: Final = 60
"""A look costs some twenty requests, and has OpenAI asked."""


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """How many messages a queue has, about."""

    name: str
    waiting: int
    in_hand: int
    delayed: int


@dataclass(frozen=True, slots=True)
class Gate:
    """A provider that is not asked for a while."""

    name: str
    closed_until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class Health:
    """All of it.

    Attributes:
        recovered: How many turns a check saw before their webhook, in the last 24 hours.
    """

    findings: tuple[Finding, ...]
    queues: tuple[QueueCounts, ...]
    gates: tuple[Gate, ...]
    recovered: int

    @property
    def ills(self) -> int:
        return sum(not each.is_well for each in self.findings)

    @property
    def dead_letters(self) -> int:
        return sum(each.waiting + each.in_hand for each in self.queues if "dead" in each.name)


def examined(where: Where) -> Health:
    """Look at all of a stack.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    findings = tuple(examine(where))
    with reaching(where):
        there = reach(where)
        (described,) = there.client("cloudformation").describe_stacks(StackName=there.stack_name)["Stacks"]
        outputs = {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", ())}
        given = {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", ())}
        if missing := [name for name in (*QUEUES.values(), "TableName") if name not in outputs]:
            raise CommandError(
                f"{there.stack_name} has no output {', '.join(missing)}: it is not Runrelay's."
            )
        return Health(
            findings=findings,
            queues=tuple(_counts(there, name, outputs[output]) for name, output in QUEUES.items()),
            gates=tuple(_gates(there, outputs["TableName"], given)),
            recovered=_recovered(there, is_local=where.stack_name is None),
        )


def _counts(there: Reach, name: str, url: str) -> QueueCounts:
    told = there.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=list(COUNTS.values()))
    return QueueCounts(name, **{word: int(told["Attributes"][each]) for word, each in COUNTS.items()})


def _gates(there: Reach, table_name: str, given: dict[str, str]) -> Iterator[Gate]:
    dynamodb = there.client("dynamodb")
    for name in {given.get(parameter) or usual for parameter, usual in PROVIDERS.items()} - {""}:
        key = {"pk": {"S": f"gate#{name}"}, "sk": {"S": "gate"}}
        item = dynamodb.get_item(TableName=table_name, Key=key).get("Item")
        if item and (until := instant.from_text(item["closed_until"]["S"])) > datetime.now(UTC):
            yield Gate(name, until, item.get("why", {}).get("S", ""))


def _recovered(there: Reach, *, is_local: bool) -> int:
    """Count what was recovered; the local stack keeps no metrics but in its logs."""
    now = datetime.now(UTC)
    if is_local:
        group = f"/aws/lambda/{there.stack_name}/worker"
        return sum(
            int(sum(_values(line.text)))
            for line in lines(there.client("logs"), [group], RECOVERED, since=now - A_DAY)
        )
    points = there.client("cloudwatch").get_metric_statistics(
        Namespace="Runrelay",
        MetricName=RECOVERED,
        Dimensions=[{"Name": "stack", "Value": there.stack_name}, {"Name": "service", "Value": "worker"}],
        StartTime=now - A_DAY,
        EndTime=now,
        Period=int(A_DAY.total_seconds()),
        Statistics=["Sum"],
    )["Datapoints"]
    return int(sum(point["Sum"] for point in points))


def _values(text: str) -> list[float]:
    try:
        found = json.loads(text).get(RECOVERED, [])
    except (ValueError, AttributeError):
        return []
    return found if isinstance(found, list) else [found]


class HealthView:
    """The page; a look takes seconds."""

    template = "health.html"

    def __init__(self, where: Where) -> None:
        self._where = where

    async def look(self) -> Seen:
        """Look at the stack, in a thread: boto3 waits.

        Raises:
            CommandError: As `examined`.
        """
        health = await anyio.to_thread.run_sync(examined, self._where)
        context = {"health": health, "looked_at": datetime.now(UTC)}
        return Seen(context, health, look_again_seconds=LOOK_AGAIN_SECONDS)
