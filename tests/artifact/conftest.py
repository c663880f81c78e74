from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.artifact import built, host_architecture


@pytest.fixture(scope="session")
def artifact() -> Iterator[Path]:
    """Build what Lambda gets, once, and keep it as it is while the tests look at it."""
    with built(host_architecture()) as template:
        yield template.parent
