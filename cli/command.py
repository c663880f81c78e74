"""Run a program to its end, with its output in a log."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from cli.checkout import ROOT

TAIL_LINES: Final = 20


class CommandError(Exception):
    """What failed, in words for the person at the terminal, with the end of the log that says why."""

    def __init__(self, message: str, log: Path | None = None) -> None:
        super().__init__(message if log is None else f"{message}\n{_tail(log)}\nThe whole log: {log}")


def run(
    command: Sequence[str | Path], *, log: Path, environment: Mapping[str, str], output: Path | None = None
) -> None:
    """Run a program in the checkout and wait for it.

    Args:
        command: The program and its arguments.
        log: Where all it says goes.
        environment: All of its environment.
        output: Where its standard output goes, when that is not to be in the log.

    Raises:
        CommandError: It did not end with 0, or there is no such program.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    name = " ".join([Path(command[0]).name, str(command[1])])
    with log.open("wb") as said, (output or log).open("ab") as printed:
        try:
            status = subprocess.run(
                command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=said,
                check=False,
            ).returncode
        except FileNotFoundError as error:
            raise CommandError(f"{command[0]} is missing: `make up` sets it up.") from error
    if status:
        raise CommandError(f"{name} failed with exit code {status}.", log)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
