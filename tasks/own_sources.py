"""Our own sources in a built folder: put in anew, while its dependencies stay as they were built."""

import hashlib
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from tasks.checkout import ROOT

PLACES: Final = {"functions": ROOT / "functions", "python": ROOT / "layers/contracts"}
"""Where our packages are in a built function and in a built layer, and where they come from."""

DEPENDENCIES: Final = "requirements.txt"


def digest() -> str:
    """Digest all that `renew` puts in."""
    return digest_of(path for origin in PLACES.values() for path in origin.rglob("*") if _is_source(path))


def digest_of(files: Iterable[Path], *also: str, root: Path | None = None) -> str:
    """Digest files of the checkout, or below another root, their names and content, and what else counts."""
    whole = hashlib.sha256("\0".join(also).encode())
    for path in sorted(files):
        whole.update(f"\0{path.relative_to(root or ROOT)}\0".encode())
        whole.update(path.read_bytes())
    return whole.hexdigest()


def renew(folder: Path) -> None:
    """Replace each of our packages in a built folder by what it is now, without bytecode."""
    for place, origin in PLACES.items():
        for package in [each for each in (folder / place).glob("*/") if (origin / each.name).is_dir()]:
            shutil.rmtree(package)
            shutil.copytree(origin / package.name, package, ignore=shutil.ignore_patterns("__pycache__"))


def _is_source(path: Path) -> bool:
    return path.is_file() and path.suffix != ".pyc" and path.name != DEPENDENCIES
