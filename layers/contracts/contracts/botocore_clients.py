"""Botocore's clients: of S3, and of all in environments that only it knows (a snapshot, a proxy, FIPS)."""

from typing import Any

import botocore.session
from botocore.config import Config


class BotocoreClients:
    """Makes clients, one after another: a session makes one at a time."""

    def __init__(self, *, connect_timeout: float, read_timeout: float, attempts: int) -> None:
        """Have them wait for so many seconds, and send a request so often at most."""
        retries: Any = {"mode": "standard", "total_max_attempts": attempts}
        self._config = Config(connect_timeout=connect_timeout, read_timeout=read_timeout, retries=retries)
        self._session: Any = botocore.session.get_session()  # the clients it makes have no static types

    def make(self, service: str) -> Any:  # noqa: ANN401
        """Make the client of a service."""
        return self._session.create_client(service, config=self._config)
