from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from runrelay.dlq.holding import DeadLetterQueue
from runrelay.dlq.table import RunTable
from runrelay.dlq.target import Target
from tests.harness.template import physical_name, queue_url
from tests.integration import local_aws


@pytest.fixture
def aws(socket_disabled) -> Iterator[SimpleNamespace]:
    """The template's table and queues, with their dead-letter queues."""
    with local_aws.aws() as clients:
        for name in ("RunDeadLetterQueue", "ToolDeadLetterQueue"):
            clients.sqs.create_queue(QueueName=physical_name(name))
        yield clients


@pytest.fixture
def target(aws: SimpleNamespace) -> Target:
    return Target(
        sqs=aws.sqs,
        table=RunTable(aws.dynamodb, physical_name("RunTable")),
        queues=(
            DeadLetterQueue("run", queue_url("RunDeadLetterQueue"), queue_url("RunQueue")),
            DeadLetterQueue("tool", queue_url("ToolDeadLetterQueue"), queue_url("ToolQueue")),
        ),
    )
