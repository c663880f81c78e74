"""The local stack that every end-to-end test talks to, over HTTP and through boto3."""

import os
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from runrelay_client import Client

from runrelay.stack import Stack
from tasks.local_stack import LocalStack
from tests.harness.trace_backend import Backend, receiving

# On a machine that is busy with the other tests a run takes long: only what waits for a check shall see one.
PARAMETERS = {"CheckFirstSeconds": "40", "WorkerConcurrency": "2", "ToolConcurrency": "3"}


def pytest_itemcollected(item: pytest.Item) -> None:
    item.add_marker("e2e")


@pytest.fixture(scope="session")
def trace_backend() -> Iterator[Backend]:
    """What the stack of the tests' own sends its traces to."""
    with receiving() as backend:
        yield backend


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory, trace_backend: Backend) -> Iterator[Stack]:
    """Start a stack of the tests' own, or take the running one whose file `RUNRELAY_STACK` names."""
    if path := os.environ.get("RUNRELAY_STACK"):
        yield Stack.read(Path(path))
    else:
        parameters = PARAMETERS | {"OtlpEndpoint": trace_backend.url}
        with LocalStack(tmp_path_factory.mktemp("stack"), parameters=parameters) as started:
            yield started


@pytest.fixture
def client(stack: Stack) -> Iterator[Client]:
    """A client of the stack, with the simulator on a clean slate."""
    with httpx2.Client(timeout=30, headers=stack.api_headers, trust_env=False, verify=False) as http:
        client = Client(stack, http)
        client.reset()
        yield client
