from collections.abc import Iterator

import pytest
from contracts import instant

from tests.fuzz.world import SmallWorker
from tests.harness.template import Template


@pytest.fixture(scope="session")
def _made() -> SmallWorker:
    return SmallWorker(Template({}))


@pytest.fixture
def worker(_made, socket_disabled) -> Iterator[SmallWorker]:
    """A worker in memory, at a time of its own."""
    now = instant.now
    yield _made
    instant.now = now
