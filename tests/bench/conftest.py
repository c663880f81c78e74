"""The bench counts requests as if it ran alone."""

import pytest

from functions.tools import secret


@pytest.fixture(autouse=True)
def _no_secrets_of_others(monkeypatch):
    """Nothing reads ahead what modules of other tests have declared."""
    monkeypatch.setattr(secret, "_declared", {})
