"""Build what Lambda gets: `sam build`, then bytecode that Lambda will load, and nothing that it never reads.

SAM ships no usable bytecode: it dates each file in the zip 1980, so a timestamp never matches. A pyc that is
checked against nothing (PEP 552, unchecked hash) is loaded all the same. Our sources stay for tracebacks.
"""

import fcntl
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import yaml

from runrelay.progress import step, steps
from tasks import own_sources, package, slimming
from tasks.checkout import ARTIFACT, LOCAL, ROOT, SAM, TEMPLATE, VERSION
from tasks.program import run

STAMP: Final = ARTIFACT.parent / "made-from.json"
LOG: Final = LOCAL / "logs/sam-build.log"
LAYER: Final = "ContractsLayer"
LAST_OF_A_FUNCTION: Final = "PythonPipBuilder:CreateParentPackages"


def host_architecture() -> str:
    """Name the architecture of this machine as Lambda does."""
    return "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"


@contextmanager
def built(architecture: str) -> Iterator[Path]:
    """Build the artifact if it is stale and yield its template; no other build touches it meanwhile."""
    ARTIFACT.parent.mkdir(exist_ok=True)
    lock = ARTIFACT.parent / "lock"
    with up_to_date(lock, lambda: _is_fresh(architecture), lambda: build(architecture)):
        yield ARTIFACT / "template.yaml"


@contextmanager
def up_to_date(lock: Path, is_fresh: Callable[[], bool], make: Callable[[], None]) -> Iterator[None]:
    """Make what is not fresh, and have no other process make it anew as long as it is in use.

    Args:
        lock: A file that stands for it.
        is_fresh: Whether it can be used as it is.
        make: Makes it, unless another process has just done so.
    """
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        if not is_fresh():
            fcntl.flock(file, fcntl.LOCK_EX)
            make()
            fcntl.flock(file, fcntl.LOCK_SH)
        yield


def build(architecture: str) -> None:
    """Build the artifact, unless another process has just done so; our sources alone are put in anew."""
    inputs, before = _inputs(architecture), _stamp()
    if before == {"inputs": inputs, "outputs": _outputs()}:
        return
    STAMP.unlink(missing_ok=True)
    is_whole = before["outputs"] == _outputs() and before["inputs"]["dependencies"] == inputs["dependencies"]
    if not (is_whole and renew_sources()):
        _build_whole(architecture)
    with step("Packing them"):
        package.pack(ARTIFACT / "template.yaml", package.packed(ARTIFACT / "template.yaml").parent)
    STAMP.write_text(json.dumps({"inputs": inputs, "outputs": _outputs()}))


def _build_whole(architecture: str) -> None:
    with step(f"Building the functions for {architecture}", _functions_built):
        overrides = ["--parameter-overrides", f"Architecture={architecture}"]
        run([SAM, "build", *overrides], log=LOG, environment={**os.environ, "SAM_CLI_TELEMETRY": "0"})
    _tell_version(ARTIFACT / "template.yaml")
    for folder in steps("Compiling them", _folders()):
        compile_folder(folder)
    for folder in steps("Leaving out what they never read", _folders()):
        slimming.slim(folder, ARTIFACT / LAYER)


def _functions_built() -> str:
    """Say how many functions have their packages and code, by what SAM has said; nothing, while none has."""
    functions = [*ROOT.glob(f"functions/*/{own_sources.DEPENDENCIES}")]
    said = LOG.read_text(errors="replace") if LOG.exists() else ""
    done = said.count(LAST_OF_A_FUNCTION)
    return f"{done} of {len(functions)}" if done else ""


def _tell_version(template: Path) -> None:
    """Have the stack tell its version, which stands in one place of the checkout."""
    content = yaml.safe_load(template.read_text())
    content["Outputs"]["Version"] = {"Value": VERSION}
    template.write_text(yaml.safe_dump(content, sort_keys=False))


def renew_sources() -> bool:
    """Put our sources in as they are now; false if they need what had been left out of the artifact."""
    with step("Putting the changed code into the functions"):
        needs = _needs()
        for folder in _folders():
            own_sources.renew(folder)
        if _needs() != needs:
            return False
        for folder in _folders():
            compile_own(folder)
    return True


def _needs() -> list[slimming.Needs]:
    return [slimming.needs(folder, ARTIFACT / LAYER) for folder in _folders()]


def compile_folder(folder: Path) -> None:
    """Write the bytecode of one folder of the artifact, naming the files as Lambda will see them.

    Ours lies in `__pycache__`, where Python looks for it beside a source; a library's in the source's own
    place, where it serves without one. The same sources give the same bytes: the order of a frozenset
    constant depends on the hash seed.
    """
    compile_own(folder)
    compile_libraries(folder, [each for each in folder.iterdir() if each.name not in own_sources.PLACES])


def compile_own(folder: Path) -> None:
    """Write the bytecode of our own packages in one folder of the artifact."""
    compile_sources(folder, [each for each in own_sources.PLACES if (folder / each).exists()])


def compile_sources(folder: Path, packages: Sequence[str]) -> None:
    """Write the bytecode of packages whose sources stay."""
    _compile(folder, [], [folder / each for each in packages])


def compile_libraries(folder: Path, files: Sequence[Path]) -> None:
    """Write the bytecode of packages and modules whose sources may go."""
    _compile(folder, ["-b"], files)


def _compile(folder: Path, options: Sequence[str], files: Sequence[Path]) -> None:
    mounted_at = "/opt" if folder.name == LAYER else "/var/task"
    python = [sys.executable, "-m", "compileall", "-q", "-j", "0", "--invalidation-mode", "unchecked-hash"]
    if files:
        named = ["-s", str(folder), "-p", mounted_at]
        run([*python, *options, *named, *files], log=LOG, environment={"PYTHONHASHSEED": "0"})


def _folders() -> list[Path]:
    return sorted(path for path in ARTIFACT.iterdir() if path.is_dir())


def _inputs(architecture: str) -> dict[str, str]:
    """Digest everything the artifact is made from, this module included, and apart from it our sources."""
    modules = [package, slimming, own_sources]
    files = [
        *(TEMPLATE, ROOT / "samconfig.toml", ROOT / "requirements-sam.lock"),
        *(Path(__file__), *(Path(module.__file__ or "") for module in modules)),
        *ROOT.glob(f"functions/*/{own_sources.DEPENDENCIES}"),
        *ROOT.glob(f"layers/*/{own_sources.DEPENDENCIES}"),
    ]
    return {
        "dependencies": own_sources.digest_of(files, architecture, VERSION),
        "sources": own_sources.digest(),
    }


def _outputs() -> dict[str, int]:
    """Tell when each part of the artifact last changed: a `sam build` by hand replaces them."""
    return {path.name: path.stat().st_mtime_ns for path in sorted(ARTIFACT.glob("*"))}


def _stamp() -> dict[str, dict[str, Any]]:
    """Read what the artifact that is there was made from."""
    nothing: dict[str, dict[str, Any]] = {"inputs": {"dependencies": None}, "outputs": {}}
    return {**nothing, **json.loads(STAMP.read_text())} if STAMP.exists() else nothing


def _is_fresh(architecture: str) -> bool:
    return _stamp() == {"inputs": _inputs(architecture), "outputs": _outputs()}
