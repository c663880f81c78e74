"""A program left running, and the certainty that a recorded pid is still it."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Self

from tasks.checkout import ROOT

PATIENCE_SECONDS: Final = 3


@dataclass(frozen=True)
class Daemon:
    """A program in a process group of its own, so that what it started ends with it."""

    name: str
    pid: int
    command: list[str]
    directory: Path
    child: subprocess.Popen[bytes] | None = field(default=None, repr=False, compare=False)

    @classmethod
    def start(
        cls, name: str, command: Sequence[str | Path], *, directory: Path, environment: Mapping[str, str]
    ) -> Self:
        """Start a program and record it, so that another process can stop it.

        Args:
            name: Names its record, `<name>.pid.json`, and its log, `logs/<name>.log`.
            command: What to run, in the checkout. No two daemons have the same arguments.
            directory: Holds the record and the log.
            environment: All of its environment.
        """
        arguments = [str(argument) for argument in command]
        with _log(directory, name).open("wb") as output:
            child = subprocess.Popen(
                arguments,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        daemon = cls(name, child.pid, arguments, directory, child)
        daemon._wait_until_visible()
        daemon.write(daemon._record)
        return daemon

    @classmethod
    def recorded(cls, record: Path) -> Self:
        return cls(**json.loads(record.read_text()), directory=record.parent)

    def write(self, record: Path) -> None:
        """Record it, for whoever has to know later whether it still runs."""
        record.touch(mode=0o600)
        record.write_text(json.dumps({"name": self.name, "pid": self.pid, "command": self.command}))

    @property
    def log(self) -> Path:
        return _log(self.directory, self.name)

    @property
    def _record(self) -> Path:
        return self.directory / f"{self.name}.pid.json"

    def is_running(self) -> bool:
        """Tell whether the pid is still this program: a pid is used again once its process has ended."""
        if self.child is not None:
            return self.child.poll() is None
        return _command_line(self.pid).endswith(" ".join(self.command[1:]))

    def stop(self) -> None:
        """End the program and all it started, politely first; does nothing when it has ended."""
        for word in (signal.SIGTERM, signal.SIGKILL):
            if self.is_running():
                with suppress(ProcessLookupError):
                    os.killpg(self.pid, word)
                self._wait()
        self._record.unlink(missing_ok=True)

    def _wait_until_visible(self) -> None:
        """Wait until others can see whose the pid is: a program that has just begun shows no arguments."""
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        others = replace(self, child=None)
        while self.is_running() and not others.is_running() and time.monotonic() < give_up_at:
            time.sleep(0.001)

    def _wait(self) -> None:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while self.is_running() and time.monotonic() < give_up_at:
            time.sleep(0.02)


def _command_line(pid: int) -> str:
    """Read what a process was started with; nothing when it has ended."""
    if Path("/proc/self/cmdline").exists():
        with suppress(FileNotFoundError, ProcessLookupError):
            return Path(f"/proc/{pid}/cmdline").read_text().rstrip("\0").replace("\0", " ")
        return ""
    command = ["ps", "-ww", "-o", "command=", "-p", str(pid)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.rstrip()


def _log(directory: Path, name: str) -> Path:
    return directory / "logs" / f"{name}.log"
