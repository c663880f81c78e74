"""A function's clients of AWS, where start-up counts: each is made when it is first asked for.

See docs/decisions/0029-a-leaner-client-of-aws.md.
"""

from collections.abc import Mapping
from importlib import import_module
from threading import Lock
from typing import Any

from contracts.aws_json import SERVICES, AwsJson, knows


class AwsClients:
    """Makes one client of each service, for all threads; botocore's where only it knows the way."""

    def __init__(
        self, environ: Mapping[str, str], *, connect_timeout: float, read_timeout: float, attempts: int
    ) -> None:
        """Make them of what Lambda says in the environment.

        Args:
            connect_timeout: Seconds.
            read_timeout: Seconds without a byte.
            attempts: How often a request is sent at most, if what comes of it may pass.
        """
        self._environ = environ
        self._limits: Any = {
            "connect_timeout": connect_timeout, "read_timeout": read_timeout, "attempts": attempts
        }  # fmt: skip
        self._lock = Lock()
        self._made: dict[str, Any] = {}
        self._botocore: Any = None

    def of(self, service: str) -> Any:  # noqa: ANN401 - the clients have no static types
        """Give the client of a service, by botocore's name."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:  # noqa: ANN401
        if service in SERVICES and knows(self._environ):
            return AwsJson(service, self._environ, **self._limits)
        if self._botocore is None:
            self._botocore = import_module("contracts.botocore_clients").BotocoreClients(**self._limits)
        return self._botocore.make(service)
