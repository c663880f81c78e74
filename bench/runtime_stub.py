"""Lambda's runtime API as far as a start goes, and one process that starts against it.

The process runs Lambda's own runtime client. It has started when it asks for its first event; it gets none.
"""

import contextlib
import importlib.util
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NEXT = b"GET /2018-06-01/runtime/invocation/next "
CLIENT = ("awslambdaric", "runtime_client", "simplejson", "snapshot_restore_py")
PATIENCE_SECONDS = 60

PROGRAM = """
import sys
sys.path[:0] = {folders!r}
from awslambdaric.__main__ import main
main(["bootstrap", {handler!r}])
"""

COUNTING = """
import importlib, json, sys
sys.path[:0] = {folders!r}
importlib.import_module({module!r})
print("modules:", json.dumps(len(sys.modules)))
"""


class DidNotStartError(Exception):
    """The process ended, or said that it cannot start, in the place of asking for an event."""


@dataclass(frozen=True)
class Started:
    """What a start took.

    Attributes:
        seconds: From the beginning of its process to its first question.
        processor_seconds: The same by its own processor time: what neighbours do is not counted.
    """

    seconds: float
    processor_seconds: float


@contextmanager
def runtime_client() -> Iterator[Path]:
    """Give a folder with the runtime client alone, as Lambda's own is beside a function's."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for module in CLIENT:
            specification = importlib.util.find_spec(module)
            assert specification is not None
            assert specification.origin is not None
            source = Path(specification.origin)
            source = source.parent if source.name == "__init__.py" else source
            (folder / source.name).symlink_to(source)
        yield folder


def start(
    handler: str, folders: Sequence[Path], environment: Mapping[str, str], *, options: Sequence[str] = ()
) -> Started:
    """Start a handler once, in a process of its own, until it asks for an event.

    Raises:
        DidNotStartError: It never asks.
    """
    program = PROGRAM.format(folders=list(map(str, folders)), handler=handler)
    with socket.create_server(("127.0.0.1", 0)) as server, tempfile.TemporaryFile() as output:
        server.settimeout(PATIENCE_SECONDS)
        address = f"127.0.0.1:{server.getsockname()[1]}"
        began_at = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", *options, "-c", program],
            env={**environment, "AWS_LAMBDA_RUNTIME_API": address},
            stdout=output,
            stderr=output,
        )
        try:
            asked = _first_question(server)
            seconds = time.perf_counter() - began_at
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGKILL)
            _, _, used = os.wait4(process.pid, 0)
            process.returncode = -signal.SIGKILL
        if not asked.startswith(NEXT):
            output.seek(0)
            raise DidNotStartError(f"{handler}: {asked[:80]!r} {output.read().decode()}")
    return Started(seconds, used.ru_utime + used.ru_stime)


def _first_question(server: socket.socket) -> bytes:
    connection, _ = server.accept()
    with connection:
        asked = b""
        while b"\r\n" not in asked and (more := connection.recv(4096)):
            asked += more
        return asked


def modules_loaded(module: str, folders: Sequence[Path], environment: Mapping[str, str]) -> int:
    """Count the modules that are there once a handler's is imported."""
    program = COUNTING.format(folders=list(map(str, folders)), module=module)
    printed = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        env=dict(environment),
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    count: int = json.loads(printed.rpartition("modules:")[2])
    return count
