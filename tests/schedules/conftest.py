from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.schedules.small_world import SmallWorld


@pytest.fixture
def small(socket_enabled) -> "Iterator[SmallWorld]":
    """A small world with the template's own parameters."""
    from tests.schedules.small_world import small_world  # noqa: PLC0415 - it imports everything there is

    with small_world() as world:
        yield world
