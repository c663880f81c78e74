"""Run a program to its end, with its output in a log."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from runrelay.command_line import CommandError
from tasks.checkout import ROOT

TAIL_LINES: Final = 20


def failed(message: str, log: Path) -> CommandError:
    """Say what failed, with the end of the log that says why."""
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:])
    return CommandError(f"{message}\n{tail}\nThe whole log: {log}")


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
        raise failed(f"{name} failed with exit code {status}.", log)
