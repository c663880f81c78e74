"""Where a stack's data lives: MiniStack unpacks thousands of small files for each instance of a function."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the directory below it is made for its owner only
ROOM_NEEDED: Final = 4 * 2**30
"""Bytes; several times what a stack under test unpacks."""


def make(link: Path) -> Path:
    """Make a stack's data directory, in memory where there is room, for a disk takes minutes to empty it.

    Args:
        link: Where the stack finds it; a symbolic link if it is elsewhere.
    """
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM_NEEDED:
        link.symlink_to(tempfile.mkdtemp(prefix="runrelay-", dir=IN_MEMORY))
    else:
        link.mkdir()
    return link.resolve()


def drop(link: Path) -> None:
    """Remove what `make` made."""
    shutil.rmtree(link.resolve(), ignore_errors=True)
    if link.is_symlink():
        link.unlink()
