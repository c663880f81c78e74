import pytest


@pytest.fixture(autouse=True)
def _no_network(socket_disabled):
    """Deciding whether a webhook is OpenAI's takes no network."""
