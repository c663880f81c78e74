"""Names of this machine, which need no name server: `localhost` and all below it (RFC 6761, section 6.3)."""

from ipaddress import ip_address

import httpx2

LOCALHOST = "localhost"


def is_loopback(host: str) -> bool:
    if host == LOCALHOST or host.endswith(f".{LOCALHOST}"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def reached_at(url: str) -> tuple[httpx2.URL, dict[str, str]]:
    """Say where to connect, and the `Host` header to send: not every system resolves names below `localhost`.

    Raises:
        httpx2.InvalidURL: It is none.
    """
    parsed = httpx2.URL(url)
    if not parsed.host.endswith(f".{LOCALHOST}"):
        return parsed, {}
    return parsed.copy_with(host="127.0.0.1"), {"host": parsed.netloc.decode()}
