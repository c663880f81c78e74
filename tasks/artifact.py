"""Build what Lambda gets: `sam build`, then bytecode that Lambda will load, and nothing that it never reads.

SAM ships no usable bytecode: it dates each file in the zip 1980, so a timestamp never matches. A pyc that is
checked against nothing (PEP 552, unchecked hash) is loaded all the same. Our sources stay for tracebacks.
"""

import fcntl
import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from runrelay.progress import step
from tasks import package, slimming
from tasks.checkout import ARTIFACT, LOCAL, ROOT, SAM, TEMPLATE
from tasks.program import run

PACKED: Final = ARTIFACT.parent / "packed"
STAMP: Final = ARTIFACT.parent / "stamp.json"
LOG: Final = LOCAL / "logs/sam-build.log"
LAYER: Final = "ContractsLayer"


def host_architecture() -> str:
    """Name the architecture of this machine as Lambda does."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


@contextmanager
def built(architecture: str) -> Iterator[Path]:
    """Build the artifact if it is stale and yield its template; no other build touches it meanwhile."""
    ARTIFACT.parent.mkdir(exist_ok=True)
    with (ARTIFACT.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        if not _is_fresh(architecture):
            fcntl.flock(lock, fcntl.LOCK_EX)
            build(architecture)
            fcntl.flock(lock, fcntl.LOCK_SH)
        yield ARTIFACT / "template.yaml"


def build(architecture: str) -> None:
    """Build the artifact, unless another process has just done so."""
    if _is_fresh(architecture):
        return
    inputs = _digest_of_inputs(architecture)

    STAMP.unlink(missing_ok=True)
    with step(f"Building the functions for {architecture}"):
        overrides = ["--parameter-overrides", f"Architecture={architecture}"]
        run([SAM, "build", *overrides], log=LOG, environment={**os.environ, "SAM_CLI_TELEMETRY": "0"})
    with step("Compiling them"):
        for folder in _folders():
            compile_folder(folder)
    with step("Leaving out what they never read"):
        for folder in _folders():
            slimming.slim(folder, ARTIFACT / LAYER)
    with step("Packing them"):
        package.pack(ARTIFACT / "template.yaml", PACKED)

    STAMP.write_text(json.dumps({"inputs": inputs, "outputs": _outputs()}))


def compile_folder(folder: Path) -> None:
    """Write the bytecode of one folder of the artifact, naming the files as Lambda will see them.

    Ours lies in `__pycache__`, where Python looks for it beside a source; a library's in the source's own
    place, where it serves without one. The same sources give the same bytes: the order of a frozenset
    constant depends on the hash seed.
    """
    mounted_at = "/opt" if folder.name == LAYER else "/var/task"
    python = [sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    named = ["-s", str(folder), "-p", mounted_at]
    ours = [folder / each for each in slimming.OURS if (folder / each).exists()]
    libraries = [each for each in folder.iterdir() if each not in ours]
    for options, files in ([], ours), (["-b"], libraries):
        if files:
            run([*python, *options, *named, *files], log=LOG, environment={"PYTHONHASHSEED": "0"})


def _folders() -> list[Path]:
    return sorted(path for path in ARTIFACT.iterdir() if path.is_dir())


def _digest_of_inputs(architecture: str) -> str:
    """Digest everything the artifact is made from, this module included."""
    digest = hashlib.sha256(architecture.encode())
    trees = [path for tree in ("functions", "layers") for path in (ROOT / tree).rglob("*") if path.is_file()]
    files = [
        TEMPLATE,
        ROOT / "samconfig.toml",
        ROOT / "requirements-sam.lock",
        Path(__file__),
        Path(package.__file__),
        Path(slimming.__file__),
        *trees,
    ]
    for path in sorted(path for path in files if path.suffix != ".pyc"):
        digest.update(f"\0{path.relative_to(ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _outputs() -> dict[str, int]:
    """Tell when each part of the artifact last changed: a `sam build` by hand replaces them."""
    return {path.name: path.stat().st_mtime_ns for path in sorted(ARTIFACT.glob("*"))}


def _is_fresh(architecture: str) -> bool:
    if not STAMP.exists():
        return False
    now = {"inputs": _digest_of_inputs(architecture), "outputs": _outputs()}
    return bool(json.loads(STAMP.read_text()) == now)
