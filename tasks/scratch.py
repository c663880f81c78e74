"""Where a stack's data lives: MiniStack unpacks thousands of small files for each instance of a function."""

import shutil
import tempfile
from pathlib import Path
from typing import Final

from tasks.daemon import Daemon

IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the directory below it is made for its owner only
ROOM_NEEDED: Final = 4 * 2**30
"""Bytes; several times what a stack under test unpacks."""

PREFIX: Final = "runrelay-"
OWNER: Final = "owner.json"


def make(link: Path) -> Path:
    """Make a stack's data directory, in memory where there is room, for a disk takes minutes to empty it.

    Args:
        link: Where the stack finds it; a symbolic link if it is elsewhere.
    """
    if IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM_NEEDED:
        link.symlink_to(tempfile.mkdtemp(prefix=PREFIX, dir=IN_MEMORY))
    else:
        link.mkdir()
    return link.resolve()


def give_to(daemon: Daemon, data: Path) -> None:
    """Write down whose a data directory is, so that what it leaves can be told from what is in use."""
    daemon.write(data / OWNER)


def sweep() -> None:
    """Remove the data of stacks that were killed: it would take memory until the machine is started anew."""
    for owner in IN_MEMORY.glob(f"{PREFIX}*/{OWNER}"):
        if not Daemon.recorded(owner).is_running():
            shutil.rmtree(owner.parent, ignore_errors=True)


def drop(link: Path) -> None:
    """Remove what `make` made."""
    shutil.rmtree(link.resolve(), ignore_errors=True)
    if link.is_symlink():
        link.unlink()
