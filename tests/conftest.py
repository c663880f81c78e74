"""What every test may ask for."""

from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.harness.world import World

# No test times anything: machines here are noisy.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture
def world(socket_enabled) -> "Iterator[World]":
    """The whole system in this process, empty."""
    from tests.harness.world import harness  # noqa: PLC0415 - it imports everything there is

    with harness() as empty:
        yield empty
