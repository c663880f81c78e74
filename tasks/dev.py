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
from runrelay.stack import Stack
from tasks import own_sources
from tasks.checkout import LOCAL, ROOT
from tasks.local_stack import LocalStack
from tasks.program import run as run_program
from tasks.reloading import Reloading
from tasks.team.build import BESIDE
from tasks.team.folder import TeamFolder

ENVIRONMENTS: Final = (".local/ministack/stamp", ".local/sam/stamp")
MOST_SECONDS_BETWEEN_LOOKS: Final = 2
"""The system tells at once of a change, but of none in a folder that was replaced."""


def run(tools: Path, where: Where) -> int:
    """Have a local stack up, and put each change of a folder's tools on it until Ctrl-C.

    Raises:
        CommandError: It does not come up, or is stopped meanwhile.
    """
    folder = TeamFolder(tools.resolve())
    _set_up()
    found = LocalStack(where.directory).running()
    local_stack = LocalStack(where.directory, parameters=found.parameters if found else None, tools=folder)
    stack = found or local_stack.start()
    try:
        with suppress(KeyboardInterrupt):
            _Session(local_stack, stack, folder, where).run(is_found=found is not None)
    finally:
        if found:
            say(f"The local stack stays up, as it was found: {_down(where)} stops it.")
        else:
            _stop(local_stack)
    return 0


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


class _Session:
    def __init__(self, local_stack: LocalStack, stack: Stack, folder: TeamFolder, where: Where) -> None:
        self._local_stack = local_stack
        self._stack = stack
        self._folder = folder
        self._option = where.option
        self._reloading = Reloading(local_stack, stack, where)
        self._seen = self._digest()

    def run(self, *, is_found: bool) -> None:
        if is_found:
            self._reloading.reload(shows_steps=True)
        else:
            self._reloading.remember()
        self._introduce(is_found=is_found)
        pause = MOST_SECONDS_BETWEEN_LOOKS * 1000
        for changes in watchfiles.watch(self._folder.path, rust_timeout=pause, yield_on_timeout=True):
            if self._local_stack.running() != self._stack:
                raise CommandError("Somebody has stopped the local stack: `runrelay dev` starts it again.")
            self._look({Path(path).name for _, path in changes})
            self._reloading.drop_left()

    def _look(self, names: set[str]) -> None:
        """Reload what has changed; what was saved but is none of the stack's is passed over."""
        digest = self._digest()
        if digest != self._seen:
            self._seen = digest
            self._reloading.reload(shows_steps=bool(names & BESIDE))

    def _digest(self) -> str | None:
        with suppress(FileNotFoundError):  # one that goes while it is read is looked at again
            return own_sources.digest_of(self._folder.files(), root=self._folder.path)
        return None

    def _introduce(self, *, is_found: bool) -> None:
        names = sorted(self._reloading.tools)
        for title, words in (
            ("API", self._stack.api_url),
            ("simulator", self._stack.simulator_url),
            ("tools", f"{self._folder.path}: {', '.join(names) or 'none yet'}"),
        ):
            say(f"{title:<10} {words}")
        tool = f" --tool {names[0]}" if names else ""
        say("\nIn another terminal:")
        say(f'  runrelay runs start{tool} --input "Hello." --watch{self._option}')
        say(f"  runrelay inbox{self._option}")
        say(f"  runrelay logs RUN_ID{self._option}")
        ending = "leaves the stack up" if is_found else "stops the stack"
        say(f"\nWhat you save in {self._folder.name}/ is live in seconds. Ctrl-C {ending}.")
