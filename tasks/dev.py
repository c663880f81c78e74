"""The local stack while tools are written: what is saved in their folder is live within seconds.

`runrelay dev` loads this by its name: the command is installed without a checkout, too.
"""

import os
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Final

import watchfiles

from runrelay.cli.output import say
from runrelay.command_line import CommandError
from runrelay.progress import step
from runrelay.reach import Where
from tasks import own_sources
from tasks.checkout import LOCAL, ROOT
from tasks.local_stack import LocalStack
from tasks.program import run as run_program
from tasks.reloading import Reloading
from tasks.team.build import BESIDE
from tasks.team.folder import TeamFolder
from tasks.telling import Telling

ENVIRONMENTS: Final = (".local/ministack/stamp", ".local/sam/stamp")
MOST_SECONDS_BETWEEN_LOOKS: Final = 2
"""The system tells at once of a change, but of none in a folder that was replaced."""


def run(tools: Path, where: Where, *, prints_json: bool) -> None:
    """Have a local stack up, and put each change of a folder's tools on it until Ctrl-C.

    Args:
        prints_json: Whether each thing that happens is a line of JSON, too.

    Raises:
        CommandError: It does not come up, or is stopped meanwhile.
    """
    folder = TeamFolder(tools.resolve())
    seen = _digest(folder)
    _set_up()
    found = LocalStack(where.directory).running()
    local_stack = LocalStack(where.directory, parameters=found.parameters if found else None, tools=folder)
    stack = found or local_stack.start()
    try:
        with suppress(KeyboardInterrupt):
            reloading = Reloading(local_stack, stack, where, Telling(prints_json=prints_json))
            if found:
                reloading.reload(shows_steps=True)
            else:
                reloading.remember()
            reloading.introduce(folder.path, where.option, stops_stack=found is None)
            _watch(folder, seen, reloading)
    finally:
        if found and local_stack.running() is None:
            say("The local stack is down: somebody has stopped it.")
        elif found:
            say(f"The local stack stays up, as it was found: {_down(where)} stops it.")
        else:
            _stop(local_stack)


def _stop(local_stack: LocalStack) -> None:
    """Stop it, whoever is impatient: nobody else would."""
    for word in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(word, signal.SIG_IGN)
    with step("Stopping the local stack, which this command has started"):
        local_stack.stop()


def _down(where: Where) -> str:
    return "`make down`" if not where.option else f"`.venv/bin/python -m tasks down{where.option}`"


def _set_up() -> None:
    """Have `make` make what a local stack needs, if it is not there."""
    make = ["make", "--no-print-directory", "-C", str(ROOT)]
    if subprocess.run([*make, "-q", *ENVIRONMENTS], capture_output=True, check=False).returncode:
        with step("Setting up MiniStack and SAM"):
            run_program([*make, *ENVIRONMENTS], log=LOCAL / "logs/set-up.log", environment=os.environ)


def _watch(folder: TeamFolder, seen: str | None, reloading: Reloading) -> None:
    """Reload what changes from what was seen; what is saved but is none of the stack's is passed over.

    Raises:
        CommandError: Somebody stopped the stack.
    """
    pause = MOST_SECONDS_BETWEEN_LOOKS * 1000
    for changes in watchfiles.watch(folder.path, rust_timeout=pause, yield_on_timeout=True):
        if not reloading.is_up():
            raise CommandError("Somebody has stopped the local stack: `runrelay dev` starts it again.")
        if (digest := _digest(folder)) != seen:
            seen = digest
            is_long = any(Path(path).name in BESIDE for _, path in changes)
            reloading.reload(shows_steps=is_long)
        reloading.drop_left()


def _digest(folder: TeamFolder) -> str | None:
    with suppress(FileNotFoundError):  # one that goes while it is read is looked at again
        return own_sources.digest_of(folder.files(), root=folder.path)
    return None
