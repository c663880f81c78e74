import pytest


@pytest.fixture(autouse=True)
def _no_network(socket_disabled):
    """Reading and writing takes no network."""
