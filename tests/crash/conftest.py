"""Counts the points, and says so in the end."""

from collections import Counter
from typing import Any

import pytest

from tests.harness.wire import Fault

COUNTS = pytest.StashKey[Counter[Any]]()


@pytest.fixture
def tally(request, socket_enabled) -> Counter[Any]:
    """What was counted so far: points by fault, and `violations`."""
    return request.config.stash.setdefault(COUNTS, Counter())


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    counts = config.stash.get(COUNTS, None)
    if counts:
        killed = counts[Fault.KILL_BEFORE] + counts[Fault.KILL_AFTER]
        replies, requests = counts[Fault.LOSE_REPLY], counts[Fault.LOSE_REQUEST]
        total = killed + replies + requests
        terminalreporter.write_line(
            f"crash points: {total}: {killed} killed, {replies} replies lost, {requests} requests lost, "
            f"{counts['violations']} violations"
        )
