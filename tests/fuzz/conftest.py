import os
from collections.abc import Iterator

import pytest
from contracts import instant

from tests.fuzz.world import SmallWorker
from tests.harness.template import Template


@pytest.fixture(scope="session")
def cases(is_exhaustive) -> int:
    """How many runs are driven."""
    return int(os.environ.get("FUZZ_CASES", "20000" if is_exhaustive else "1000"))


@pytest.fixture(scope="session")
def _made() -> SmallWorker:
    return SmallWorker(Template({}))


@pytest.fixture
def worker(_made, socket_disabled) -> Iterator[SmallWorker]:
    """A worker in memory, at a time of its own."""
    now = instant.now
    yield _made
    instant.now = now
