from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.schedules.small_world import SmallWorld

_counts = pytest.StashKey[list[str]]()


@pytest.fixture
def small(socket_enabled) -> "Iterator[SmallWorld]":
    """A small world with the template's own parameters."""
    from tests.schedules.small_world import small_world  # noqa: PLC0415 - it imports everything there is

    with small_world() as world:
        yield world


@pytest.fixture(scope="session")
def report(request) -> list[str]:
    """Lines that the terminal shows in the end: what was counted."""
    return request.config.stash.setdefault(_counts, [])


def pytest_terminal_summary(terminalreporter, config) -> None:
    if lines := config.stash.get(_counts, []):
        terminalreporter.section("schedules")
        for line in lines:
            terminalreporter.write_line(line)
