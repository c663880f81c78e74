"""Which Runrelay is meant: the local stack, or one deployed on AWS."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runrelay.dlq.holding import DeadLetterQueue
from runrelay.dlq.table import RunTable
from runrelay.reach import local_stack, on_aws

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

OUTPUTS = (
    "TableName",
    "RunQueueUrl",
    "ToolQueueUrl",
    "RunDeadLetterQueueUrl",
    "ToolDeadLetterQueueUrl",
)


@dataclass(frozen=True, slots=True)
class Target:
    """The queues and the table of one Runrelay, within reach."""

    sqs: "SQSClient"
    table: RunTable
    queues: tuple[DeadLetterQueue, ...]


def local_target(directory: Path) -> Target:
    """Find the local stack.

    Raises:
        CommandError: There is none, or none that this checkout started.
    """
    stack = local_stack(directory)
    return Target(
        sqs=stack.client("sqs"),
        table=RunTable(stack.client("dynamodb"), stack.table_name),
        queues=(
            DeadLetterQueue("run", stack.run_dead_letter_queue_url, stack.run_queue_url),
            DeadLetterQueue("tool", stack.tool_dead_letter_queue_url, stack.tool_queue_url),
        ),
    )


def deployed_target(stack_name: str) -> Target:
    """Find a stack on AWS, with the credentials and the region of the environment.

    Raises:
        CommandError: There are no credentials or no region, or it is no stack of Runrelay.
    """
    there = on_aws(stack_name)
    outputs = there.deployed(*OUTPUTS).outputs
    return Target(
        sqs=there.client("sqs"),
        table=RunTable(there.client("dynamodb"), outputs["TableName"]),
        queues=(
            DeadLetterQueue("run", outputs["RunDeadLetterQueueUrl"], outputs["RunQueueUrl"]),
            DeadLetterQueue("tool", outputs["ToolDeadLetterQueueUrl"], outputs["ToolQueueUrl"]),
        ),
    )
