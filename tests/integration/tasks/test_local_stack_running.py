"""What of a local stack is found to be up."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from runrelay.stack import Stack
from tasks.daemon import Daemon
from tasks.local_stack import LocalStack

STACK = Stack(
    **dict.fromkeys(
        [
            *("api_url", "webhook_url", "simulator_url", "webhook_secret", "aws_endpoint_url", "region"),
            *("table_name", "run_queue_url", "tool_queue_url", "run_dead_letter_queue_url"),
            *("tool_dead_letter_queue_url", "payload_bucket_name", "http_api_id", "stack_name"),
            "openai_api_key",
        ],
        "x",
    ),
    api_headers={},
    parameters={},
    pids={},
)


@pytest.fixture
def up(tmp_path: Path) -> Iterator[Path]:
    """A folder whose records name what runs."""
    (tmp_path / "logs").mkdir()
    daemons = [
        Daemon.start(name, ["sleep", seconds], directory=tmp_path, environment=dict(os.environ))
        for name, seconds in (("ministack", "601"), ("simulator", "602"))
    ]
    yield tmp_path
    for daemon in daemons:
        daemon.stop()


def test_a_stack_is_found_by_what_runs_and_the_file_that_says_where(up: Path):
    STACK.write(up / "stack.json")

    assert LocalStack(up).running() == STACK


@pytest.mark.parametrize("document", [None, "", "{", "[]", '{"api_url": "x"}', "\x00"])
def test_a_stack_whose_file_cannot_be_read_is_as_good_as_none(up: Path, document: str | None):
    if document is not None:
        (up / "stack.json").write_text(document)

    assert LocalStack(up).running() is None
