"""A folder's tools, imported into this process as Lambda would import them: from a copy, by its own name."""

import importlib
import os
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from functions.tools.child import Died, Failed, Lost, NotBegun, Raised, Returned, TimedOut, run_in_child
from functions.tools.declarations import FUNCTION_SECONDS
from functions.tools.entries import Report, report
from functions.tools.loading import load_tools
from functions.tools.tool import Tool, ToolError
from runrelay.command_line import CommandError
from runrelay.toolbox.folder import NO_FOLDER, TeamFolder

SAMPLES: Final = Tool.__module__.removesuffix(".tool") + ".catalog"
IMPORT_SECONDS: Final = 600
CHECKOUT: Final = Path(__file__).parents[2]


@dataclass(frozen=True)
class Toolbox:
    """Tools that this process can import.

    Attributes:
        package: Its name, which is the folder's.
        settings_mistakes: What is wrong with the files beside the modules; known where a checkout is.
    """

    package: str
    settings_mistakes: tuple[str, ...] = ()

    def report(self, function_seconds: int = FUNCTION_SECONDS) -> Report:
        """Say what the tools are, and what is wrong with them.

        They are imported in a process of its own: a module that ends it must not end the check, as if all
        were well.
        """
        ending = run_in_child(
            lambda: report(self.package, function_seconds),
            timeout_seconds=IMPORT_SECONDS,
            told_errors=ToolError,
        )
        found = ending.value if isinstance(ending, Returned) else Report([], [self._without_report(ending)])
        return Report(found.entries, [*self.settings_mistakes, *found.mistakes])

    def _without_report(self, ending: Failed | NotBegun) -> str:
        match ending.because if isinstance(ending, NotBegun) else ending:
            case Died(exit_code):
                return f"{self.package}: importing it ended Python with code {exit_code}"
            case TimedOut():
                return f"{self.package}: importing it took more than {IMPORT_SECONDS} s"
            case Raised(_, detail) | Lost(detail):
                return f"{self.package}: {detail}"

    def tool(self, name: str) -> Tool:
        """Give one tool, that may be called.

        Raises:
            CommandError: There is none of the name, or it cannot be one.
        """
        loaded = load_tools(self.package)
        if name not in loaded.tools:
            broken = "".join(f"\n{each.words}" for each in loaded.broken)
            known = ", ".join(sorted(loaded.tools)) or "none"
            raise CommandError(f"There is no tool {name}; there are: {known}.{broken}")
        try:
            _ = loaded.tools[name].entry_for(sys.maxsize)
        except TypeError as error:
            raise CommandError(str(error)) from error
        return loaded.tools[name]


@contextmanager
def toolbox(folder: Path | None) -> Iterator[Toolbox]:
    """Make a folder's tools importable for a while, or else the samples.

    Raises:
        CommandError: There is no such folder, or none that can be imported from.
    """
    if folder is None:
        yield _samples()
        return
    team = TeamFolder(folder.resolve())
    variables, mistakes = _settings(team)
    with tempfile.TemporaryDirectory(prefix="runrelay-tools-") as directory:
        team.copy_to(Path(directory))
        (Path(directory) / team.name / "__init__.py").touch()  # else Python adds folders of the same name
        with _as_in_lambda(directory, team.name, variables):
            yield Toolbox(team.name, mistakes)


def _samples() -> Toolbox:
    """Take the sample tools, which are in a checkout alone."""
    if not (CHECKOUT / "functions/tools/catalog").is_dir():
        raise CommandError(NO_FOLDER)
    return Toolbox(SAMPLES)


def _settings(team: TeamFolder) -> tuple[Mapping[str, str], tuple[str, ...]]:
    """Read what a folder's modules may find in the environment; only a checkout knows what those may be."""
    if not (CHECKOUT / "tasks/team/settings.py").is_file():
        return {}, ()
    settings: Any = importlib.import_module("tasks.team.settings")
    try:
        return settings.read(team).as_if_deployed(), ()
    except CommandError as error:
        return {}, tuple(str(error).splitlines())


@contextmanager
def _as_in_lambda(directory: str, package: str, variables: Mapping[str, str]) -> Iterator[None]:
    """Import a package from here alone, with the variables that this process has not."""
    _forget(package)
    added = {name: value for name, value in variables.items() if name not in os.environ}
    os.environ.update(added)
    sys.path.insert(0, directory)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(directory)
        for name in added:
            os.environ.pop(name, None)
        _forget(package)


def _forget(package: str) -> None:
    for name in [each for each in sys.modules if f"{each}.".startswith(f"{package}.")]:
        del sys.modules[name]
