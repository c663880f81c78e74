"""Connections to one endpoint of AWS, kept open between requests."""

import importlib.util
import os
import select
import socket
import ssl
from collections import deque
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from pathlib import Path
from urllib.parse import urlsplit


class Connections:
    """Posts to one endpoint.

    Attributes:
        host: As the `host` header names it.
    """

    def __init__(self, url: str, *, connect_timeout: float, read_timeout: float) -> None:
        """Connect when something is first posted.

        Args:
            connect_timeout: Seconds for each address that the host has.
            read_timeout: Seconds without a byte.
        """
        self.url = url
        parts = urlsplit(url)
        self.host = parts.netloc
        self._name, self._port, self._is_secure = parts.hostname or "", parts.port, parts.scheme == "https"
        self._connect_timeout, self._read_timeout = connect_timeout, read_timeout
        self._idle: deque[HTTPConnection] = deque()
        self._tls: ssl.SSLContext | None = None

    def post(self, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        """Post to `/`, and give the answer's status and body.

        What has broken one connection may have broken the others that were kept: the next one is new.

        Raises:
            OSError, HTTPException: There was none; whether the request was applied, nobody knows.
        """
        connection = self._connection()
        try:
            connection.request("POST", "/", body, dict(headers))
            answer = connection.getresponse()
            content = _read(answer)
        except BaseException:
            connection.close()
            self.close()
            raise
        if connection.sock is not None:  # it is closed with an answer that says so
            self._idle.append(connection)
        return answer.status, content

    def close(self) -> None:
        """Close what is open and idle."""
        while (connection := self._kept()) is not None:
            connection.close()

    def _connection(self) -> HTTPConnection:
        """Take one that is open still: AWS closes those that a frozen function has kept for long."""
        while (connection := self._kept()) is not None:
            if not _is_dropped(connection.sock):
                return connection
            connection.close()
        return self._connect()

    def _kept(self) -> HTTPConnection | None:
        try:
            return self._idle.pop()
        except IndexError:  # another thread may have taken the last one
            return None

    def _connect(self) -> HTTPConnection:
        connection = (
            HTTPSConnection(self._name, self._port, timeout=self._connect_timeout, context=self._context())
            if self._is_secure
            else HTTPConnection(self._name, self._port, timeout=self._connect_timeout)
        )
        connection.connect()
        connection.sock.settimeout(self._read_timeout)
        return connection

    def _context(self) -> ssl.SSLContext:
        if self._tls is None:
            self._tls = ssl.create_default_context(cafile=trusted())
        return self._tls


def _read(answer: HTTPResponse) -> bytes:
    try:
        return answer.read()
    except (ValueError, OverflowError) as error:
        raise HTTPException(f"a length that is none: {error}") from error


def trusted() -> str | None:
    """Name the file of the authorities that botocore trusts, without importing it; else OpenSSL's own are."""
    if named := os.environ.get("AWS_CA_BUNDLE"):
        return named
    specification = importlib.util.find_spec("botocore")
    if specification is None or specification.origin is None:
        return None
    bundle = Path(specification.origin).with_name("cacert.pem")
    return str(bundle) if bundle.exists() else None


def _is_dropped(sock: socket.socket) -> bool:
    """Say whether there is something to read where nothing was asked: the end, most often."""
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return bool(poll.poll(0))
