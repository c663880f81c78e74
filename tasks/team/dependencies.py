"""The packages of ToolFunction with a team's among them, for Lambda's Python on either architecture."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

from runrelay.command_line import CommandError
from runrelay.progress import step
from tasks import artifact
from tasks.checkout import ROOT, UV
from tasks.team.folder import REQUIREMENTS, TeamFolder

RUNRELAYS: Final = ROOT / "functions/tools/requirements.txt"
PLATFORMS: Final = {"x86_64": "x86_64-manylinux_2_34", "arm64": "aarch64-manylinux_2_34"}
"""Lambda's Amazon Linux 2023, by its glibc."""

MACHINES: Final = {"x86_64": 62, "arm64": 183}
"""As ELF names them, at byte 18 of a file."""

MAX_WORDS: Final = 600


def installed(folder: TeamFolder, architecture: str, directory: Path) -> Path:
    """Give a folder with the packages, compiled; they are installed anew if what names them has changed.

    Raises:
        CommandError: They cannot be had together, or not for this architecture; in one line.
    """
    target = directory / f"packages-{architecture}"
    files = [RUNRELAYS, *filter(None, [folder.file(REQUIREMENTS)])]
    stamp, made_from = directory / f"packages-{architecture}.sha256", _digest(files)
    if target.is_dir() and stamp.exists() and stamp.read_text() == made_from:
        return target
    stamp.unlink(missing_ok=True)
    shutil.rmtree(target, ignore_errors=True)
    with step(f"Installing the packages of {folder.path} for {architecture}"):
        _install(files, architecture, target)
        _check(folder, architecture, target)
        artifact.compile_libraries(target, list(target.iterdir()))
    stamp.write_text(made_from)
    return target


def _install(files: list[Path], architecture: str, target: Path) -> None:
    named = [word for file in files for word in ("-r", str(file))]
    wanted = [
        "--python",
        sys.executable,
        "--python-version",
        "3.13",
        "--python-platform",
        PLATFORMS[architecture],
    ]
    command = [str(UV), "pip", "install", "--quiet", "--target", str(target), *wanted, *named]
    environment = {**os.environ, "NO_COLOR": "1"}
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CommandError(f"{files[-1]}, with what Runrelay needs: {_in_one_line(done.stderr)}")
    (target / ".lock").unlink(missing_ok=True)
    shutil.rmtree(target / "bin", ignore_errors=True)


def _in_one_line(said: str) -> str:
    words = said.replace("error: ", "", 1).replace("cause: ", ": ", 1)
    return " ".join(words.split()).replace(" : ", ": ")[:MAX_WORDS]


def _check(folder: TeamFolder, architecture: str, target: Path) -> None:
    """See whether what was installed can be loaded beside the team's own modules, there."""
    if any((target / name).exists() for name in (folder.name, f"{folder.name}.py")):
        raise CommandError(
            f"{folder.path}: a package that is installed is named {folder.name}, too: rename yours."
        )
    for library in target.rglob("*.so"):
        if _machine(library) != MACHINES[architecture]:
            name = library.relative_to(target).parts[0]
            raise CommandError(f"{folder.path / REQUIREMENTS}: {name} cannot be had for {architecture}.")


def _machine(library: Path) -> int:
    with library.open("rb") as file:
        return int.from_bytes(file.read(20)[18:], "little")


def _digest(files: list[Path]) -> str:
    whole = hashlib.sha256(Path(__file__).read_bytes())
    for file in files:
        whole.update(file.read_bytes() + b"\0")
    return whole.hexdigest()
