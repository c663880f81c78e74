"""Where MiniStack unpacks the functions: thousands of small files for each instance it starts."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

IN_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the directory below it is made for its owner only
ROOM_NEEDED: Final = 4 * 2**30
"""Bytes; about three times what the show unpacks."""


@contextmanager
def scratch_directory() -> Iterator[Path]:
    """Make a directory for as long as the block runs, in memory where there is room: a disk takes minutes."""
    has_room = IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free > ROOM_NEEDED
    place = IN_MEMORY if has_room else None
    with tempfile.TemporaryDirectory(prefix="runrelay-", dir=place, ignore_cleanup_errors=True) as name:
        yield Path(name)
