"""A team's folder: modules of tools, and what they need beside them."""

import keyword
import os
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from runrelay.command_line import CommandError

REQUIREMENTS: Final = "requirements.txt"
ENVIRONMENT: Final = "environment.yaml"
PERMISSIONS: Final = "permissions.yaml"

NO_FOLDER: Final = (
    "There is no folder tools/ here: name yours by --tools, or begin one: runrelay tools new NAME"
)

NOT_FOR_LAMBDA: Final = shutil.ignore_patterns(
    *("__pycache__", "*.pyc", ".*", "tests", "test_*.py", "conftest.py"),
    *("requirements*", ENVIRONMENT, PERMISSIONS),
)
OTHERS: Final = frozenset({"functions", "runrelay", "contracts", "python", *sys.stdlib_module_names})
"""Packages that would be hidden by a folder of their name, or would hide it."""


@dataclass(frozen=True)
class TeamFolder:
    """Where a team's tools are. It is a package, imported by the folder's own name: `tools.refunds`."""

    path: Path

    def __post_init__(self) -> None:
        if not self.path.is_dir():
            raise CommandError(
                f"There is no folder {self.path}: --tools or TOOLS names the one with your tools."
            )
        refuse_name(self.path)

    @property
    def name(self) -> str:
        """The package's name."""
        return self.path.name

    def file(self, name: str) -> Path | None:
        """Give a file of the folder, if it is there."""
        path = self.path / name
        return path if path.is_file() else None

    def files(self) -> Iterator[Path]:
        """Give every file that an artifact may be made from."""
        for folder, folders, names in os.walk(self.path):
            left_out = NOT_FOR_LAMBDA(folder, [*folders, *names])
            folders[:] = [each for each in folders if each not in left_out]
            yield from (Path(folder) / each for each in names if each not in left_out)
        beside = (self.file(name) for name in (REQUIREMENTS, ENVIRONMENT, PERMISSIONS))
        yield from (each for each in beside if each is not None)

    def copy_to(self, folder: Path) -> None:
        """Copy what Lambda gets of it into a folder, as a package."""
        shutil.copytree(self.path, folder / self.name, ignore=NOT_FOR_LAMBDA)


def refuse_name(path: Path) -> None:
    """Refuse a folder that is no package for its name.

    Raises:
        CommandError: It is none.
    """
    if not path.name.isidentifier() or keyword.iskeyword(path.name) or path.name in OTHERS:
        raise CommandError(f"{path}: nothing can be imported from a folder named {path.name}: rename it.")
