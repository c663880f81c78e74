"""Ports that are free."""

import random
import socket
from itertools import islice
from typing import Final

# Below the ports that systems hand to outgoing connections, so that a free one stays free until it is bound.
PORTS: Final = range(20_000, 32_000)


def free_ports(count: int) -> list[int]:
    free = (port for port in random.sample(PORTS, k=len(PORTS)) if _is_free(port))
    return list(islice(free, count))


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
