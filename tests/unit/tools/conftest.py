import pytest


@pytest.fixture(autouse=True)
def _no_network(socket_disabled):
    """Declaring, reading and running takes no network."""
