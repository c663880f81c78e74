from collections.abc import Iterator
from types import SimpleNamespace

import pytest

from tests.integration import local_aws


@pytest.fixture(autouse=True)
def _no_network(socket_disabled):
    """Nothing here needs a socket."""


@pytest.fixture
def aws(_no_network) -> Iterator[SimpleNamespace]:
    with local_aws.aws() as clients:
        yield clients
