"""What is in the wheel: the package `runrelay`, and inside it those of our modules that it imports.

Hatch runs this as a build hook. In the repository `runrelay` imports `contracts` and `functions`, as Lambda
has them. In the site-packages of others such names are not ours to take, so the modules that `runrelay` needs
are put into `runrelay._parts`, and imports of them say so.
"""

import ast
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, override

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PACKAGE: Final = "runrelay"
PARTS: Final = "runrelay._parts"
ORIGINS: Final = {"contracts": "layers/contracts", "functions": "."}
"""Packages of ours that go in as parts, and the folders that they are in."""

IMPORT: Final = re.compile(rf"^(\s*(?:from|import)\s+)({'|'.join(ORIGINS)})(?=[\s.])", re.MULTILINE)


class WheelHook(BuildHookInterface[Any]):
    """Gives Hatch the package as it is to be installed."""

    @override
    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        self._folder = Path(tempfile.mkdtemp(prefix="runrelay-wheel-"))
        write(Path(self.root), self._folder)
        build_data["force_include"][str(self._folder / PACKAGE)] = PACKAGE

    @override
    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            shutil.rmtree(self._folder)


def write(root: Path, folder: Path) -> None:
    """Write the package, and its parts inside it, below a folder."""
    shutil.copytree(root / PACKAGE, folder / PACKAGE, ignore=shutil.ignore_patterns("__pycache__"))
    for module, origin in needed(root).items():
        path = folder.joinpath(*PARTS.split("."), *module.split("."))
        path = path / "__init__.py" if origin.name == "__init__.py" else path.with_suffix(".py")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(origin, path)
    folder.joinpath(*PARTS.split("."), "__init__.py").write_text(
        '"""What Runrelay is made of. Not for use."""\n'
    )
    for path in (folder / PACKAGE).rglob("*.py"):
        path.write_text(IMPORT.sub(rf"\1{PARTS}.\2", path.read_text()))


def needed(root: Path) -> dict[str, Path]:
    """Find the modules of ours that the package imports, and those that these import, and their packages."""
    found: dict[str, Path] = {}
    ahead = sorted((root / PACKAGE).rglob("*.py"))
    while ahead:
        for name in _imported(ahead.pop()):
            if name not in found and (origin := _origin(root, name)):
                found[name] = origin
                ahead.append(origin)
    return found


def _imported(path: Path) -> Iterator[str]:
    """Name what may be modules of ours among the imports of a file, each after the packages that it is in."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Import(names=names):
                named = [each.name for each in names]
            case ast.ImportFrom(module=str(module), names=names):
                named = [module, *(f"{module}.{each.name}" for each in names)]
            case _:
                continue
        for name in named:
            parts = name.split(".")
            if parts[0] in ORIGINS:
                yield from (".".join(parts[: number + 1]) for number in range(len(parts)))


def _origin(root: Path, module: str) -> Path | None:
    """Find the file of a module; None for what is no module, but a name in one."""
    path = root / ORIGINS[module.partition(".")[0]] / module.replace(".", "/")
    return next((each for each in (path / "__init__.py", path.with_suffix(".py")) if each.is_file()), None)
