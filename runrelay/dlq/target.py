"""Which Runrelay is meant: the local stack, or one deployed on AWS."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runrelay.command_line import CommandError
from runrelay.dlq.holding import DeadLetterQueue
from runrelay.dlq.table import RunTable
from runrelay.reach import aws_session, local_stack

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
    session = aws_session()
    outputs = outputs_of(session.client("cloudformation"), stack_name)
    return Target(
        sqs=session.client("sqs"),
        table=RunTable(session.client("dynamodb"), outputs["TableName"]),
        queues=(
            DeadLetterQueue("run", outputs["RunDeadLetterQueueUrl"], outputs["RunQueueUrl"]),
            DeadLetterQueue("tool", outputs["ToolDeadLetterQueueUrl"], outputs["ToolQueueUrl"]),
        ),
    )


def outputs_of(cloudformation: Any, stack_name: str) -> Mapping[str, str]:  # noqa: ANN401 - a boto3 client
    """Read the outputs of a deployed template.

    Raises:
        CommandError: The stack is not Runrelay's.
    """
    (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}
    if missing := [name for name in OUTPUTS if name not in outputs]:
        raise CommandError(
            f"The stack {stack_name} ({stack['StackStatus']}) has no output {', '.join(missing)}: "
            "it is not Runrelay's, or not deployed to its end."
        )
    return outputs
