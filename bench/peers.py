"""The same job by others' means, priced by what it needs of them; nothing here was run.

A response is created; its webhook arrives, is verified and hands its word over; the result is looked at.
Then, with a call, the tool runs, and all of it once more. Each keeps a record of the run with its result.
"""

from collections.abc import Mapping
from typing import Final

from runrelay.cost import assumptions as assumed
from runrelay.cost import prices
from runrelay.cost.estimate import Load, by_polling

GIGABYTES: Final = 0.5
"""Of their functions; half of our worker's."""

OWN_SECONDS: Final = 0.03
"""Of a handler beside its waiting; about what ours take."""

CHECKPOINT_BYTES: Final = 2000
POLL_SECONDS: Final = 60


def lambda_durable_functions(calls: int) -> Mapping[str, float]:
    """Price a durable function that waits for a callback, which the webhook's function completes.

    Operations a turn: the step that creates, the callback, the step that looks; one more for the tool, and
    one that starts the execution. An item maps OpenAI's id to the callback; another is the run's record.
    """
    turns = calls + 1
    operations = 1 + 3 * turns + calls
    invocations = 1 + 2 * turns + calls
    waiting = 2 * turns * assumed.OPENAI_SECONDS
    own = invocations * OWN_SECONDS
    return {
        "HTTP API": (1 + turns) * prices.HTTP_API_REQUEST.dollars,
        "durable operations": operations * prices.DURABLE_OPERATION.dollars,
        "data written": operations * CHECKPOINT_BYTES / 1e9 * prices.DURABLE_GB_WRITTEN.dollars,
        **_lambda(invocations, own, waiting),
        **_records(turns),
    }


def step_functions(calls: int) -> Mapping[str, float]:
    """Price a standard workflow: states that create and wait for a token, that look, that choose.

    Beside these the transitions from the start and to the end; one for a tool.
    """
    turns = calls + 1
    transitions = 2 + 3 * turns + calls
    invocations = 1 + 3 * turns + calls
    return {
        "HTTP API": (1 + turns) * prices.HTTP_API_REQUEST.dollars,
        "state transitions": transitions * prices.STATE_TRANSITION.dollars,
        **_lambda(invocations, invocations * OWN_SECONDS, 2 * turns * assumed.OPENAI_SECONDS),
        **_records(turns),
    }


def polling_workers(calls: int, runs_a_worker: int) -> Mapping[str, float]:
    """Price containers that poll runs of a minute each second, a million a month; they keep nothing."""
    load = Load(runs=1_000_000, seconds=POLL_SECONDS, turns=calls + 1, runs_a_worker=runs_a_worker)
    return {"Fargate, held": by_polling(load).dollars / load.runs}


def _lambda(invocations: int, own_seconds: float, waiting_seconds: float) -> dict[str, float]:
    second = GIGABYTES * prices.LAMBDA_GB_SECOND.dollars
    return {
        "Lambda, invocations": invocations * prices.LAMBDA_REQUEST.dollars,
        "Lambda, own work": own_seconds * second,
        "Lambda, waiting on OpenAI": waiting_seconds * second,
    }


def _records(turns: int) -> dict[str, float]:
    """Price an item for each id of OpenAI's, two writes of a record of 2 KB, a read for each webhook."""
    return {
        "DynamoDB": (turns + 4) * prices.WRITE_UNIT.dollars + turns * prices.READ_UNIT.dollars,
        "logs": 1000 * (turns + 1) * prices.LOG_BYTE.dollars,
    }
