"""Let containers reach servers that are bound to this machine's loopback, for as long as it is needed."""

import ipaddress
import json
import platform
import shutil
import socket
import socketserver
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from threading import Thread

from runrelay.command_line import CommandError


@contextmanager
def container_access(ports: Sequence[int]) -> Iterator[str]:
    """Forward ports from where containers can reach them, and yield the host name they use.

    Docker Desktop brings containers to loopback itself; on Linux a forwarder listens on the bridge, which
    only containers and this machine can reach.

    Raises:
        CommandError: No Docker engine answers.
    """
    gateway = _gateway()
    if platform.system() != "Linux":
        yield "host.docker.internal"
        return
    with ExitStack() as forwarders:
        for port in ports:
            forwarder = forwarders.enter_context(_Forwarder((gateway, port), _Connection))
            Thread(target=forwarder.serve_forever, daemon=True).start()
            forwarders.callback(forwarder.shutdown)
        yield gateway


def _gateway() -> str:
    """Ask Docker for this machine's address on its bridge; where it is unsaid, it is the subnet's first."""
    inspect = ["docker", "network", "inspect", "bridge"]
    answer = shutil.which("docker") and subprocess.run(inspect, capture_output=True, text=True, check=False)
    if not answer or answer.returncode:
        raise CommandError("This needs a Docker engine, and none answers: install and start one.")
    (network,) = json.loads(answer.stdout)
    config: dict[str, str] = network["IPAM"]["Config"][0]
    return config.get("Gateway") or str(ipaddress.ip_network(config["Subnet"])[1])


class _Forwarder(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Connection(socketserver.BaseRequestHandler):
    request: socket.socket

    def handle(self) -> None:
        address: tuple[str, int] = self.request.getsockname()
        with socket.create_connection(("127.0.0.1", address[1])) as server:
            answers = Thread(target=_copy, args=(server, self.request), daemon=True)
            answers.start()
            _copy(self.request, server)
            answers.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    while data := source.recv(65_536):
        target.sendall(data)
    target.shutdown(socket.SHUT_WR)
