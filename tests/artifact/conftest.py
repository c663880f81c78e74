from pathlib import Path

import pytest

from tasks.artifact import built, host_architecture


@pytest.fixture(scope="session")
def artifact() -> Path:
    """Build what Lambda gets, once."""
    with built(host_architecture()) as template:
        return template.parent
