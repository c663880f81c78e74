"""The same system, with less patience: what takes minutes in production takes seconds in a soak."""

from typing import Any, Final

from contracts.status import Kind

from functions.worker.turns import SUBMISSION_LEASE
from runrelay.stack import Stack
from tests.soak.plan import KINDS
from tests.soak.standstill import Bound, Configuration

# Each instance of a function is a process here, and starts cold.
PARAMETERS: Final = {
    "WorkerConcurrency": "2",
    "ToolConcurrency": "3",
    "CheckFirstSeconds": "4",
    "CheckCapSeconds": "16",
    "SweepMinutes": "1",
}

TOOL_TIMEOUT_SECONDS: Final = 20
WORKER_TIMEOUT_SECONDS: Final = 30
VISIBILITY_SECONDS: Final = {"run": 35, "tool": 25}
"""A little more than the function's timeout; as deployed it is six times that."""

LONGEST_LEASE_SECONDS: Final = max(int(SUBMISSION_LEASE.total_seconds()), TOOL_TIMEOUT_SECONDS)
"""Whoever was killed, or never got its answer, is waited for so long."""


def quicken(stack: Stack) -> None:
    """Shorten what no template parameter shortens."""
    sqs, functions = stack.client("sqs"), stack.client("lambda")
    urls = {"run": stack.run_queue_url, "tool": stack.tool_queue_url}
    for name, seconds in VISIBILITY_SECONDS.items():
        sqs.set_queue_attributes(QueueUrl=urls[name], Attributes={"VisibilityTimeout": str(seconds)})
    timeouts = {"ToolFunction": TOOL_TIMEOUT_SECONDS, "WorkerFunction": WORKER_TIMEOUT_SECONDS}
    for name, seconds in timeouts.items():
        functions.update_function_configuration(FunctionName=_name(functions, name), Timeout=seconds)


def bounds() -> dict[Kind, Bound]:
    """Say how long a run of each kind may stand still when every webhook is lost."""
    configuration = Configuration.deployed(PARAMETERS)
    return {kind: configuration.bound(kind) for kind in KINDS}


def allowed() -> dict[Kind, int]:
    """Say how many seconds that is when a function may be killed as well, or an answer lost."""
    return {kind: bound.seconds + LONGEST_LEASE_SECONDS for kind, bound in bounds().items()}


def _name(functions: Any, logical_id: str) -> str:
    names: list[str] = [each["FunctionName"] for each in functions.list_functions()["Functions"]]
    return next(name for name in names if f"-{logical_id}-" in name)
