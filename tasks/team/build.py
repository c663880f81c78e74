"""The artifact with a team's tools: ToolFunction and its catalog are theirs, and all else is as SAM built it.

Nothing of Runrelay's is edited for it: the functions stay where `tasks.artifact` has them, and the template
that names them is written anew.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from functions.tools.declarations import FUNCTION_SECONDS
from runrelay.command_line import CommandError
from runrelay.progress import step
from tasks import artifact, own_sources, package, slimming
from tasks.checkout import ARTIFACT, ROOT
from tasks.team import catalog, dependencies, settings
from tasks.team.folder import ENVIRONMENT, PERMISSIONS, REQUIREMENTS, TeamFolder
from tasks.team.settings import FUNCTION
from tasks.team.template import SECONDS_PARAMETER, with_team

PUBLIC: Final = ("__init__.py", "tools.py", "testing.py")
"""Of the package `runrelay`, what a team's modules may import."""

BESIDE: Final = {ENVIRONMENT, PERMISSIONS, REQUIREMENTS}
"""What stands beside a team's modules; with another of them, more than the modules is put in anew."""


@contextmanager
def built(
    architecture: str, folder: TeamFolder | None = None, parameters: Mapping[str, str] | None = None
) -> Iterator[Path]:
    """Build what is stale and yield the template; no other build touches it meanwhile.

    Args:
        architecture: Lambda's name of it.
        folder: A team's tools; without them the sample tools are in it.
        parameters: Of the template, as they are to be deployed; the tools have to fit them.

    Raises:
        CommandError: It cannot be built; a line for each mistake.
    """
    with artifact.built(architecture) as template:
        if folder is None:
            yield template
            return
        build = _Build(folder, architecture, function_seconds(parameters or {}))
        build.directory.mkdir(parents=True, exist_ok=True)
        with artifact.up_to_date(build.directory / "lock", build.is_fresh, build.make):
            yield build.template


def function_seconds(parameters: Mapping[str, str]) -> int:
    """Give the timeout that the tool function is to have."""
    text = parameters.get(SECONDS_PARAMETER, str(FUNCTION_SECONDS))
    if not text.isdecimal():
        raise CommandError(f"{SECONDS_PARAMETER} is a number of seconds, and not {text!r}.")
    return int(text)


def entries(folder: TeamFolder, seconds: int) -> list[dict[str, Any]]:
    """Say what a folder's tools are, without an artifact.

    Raises:
        CommandError: Something in it cannot be; a line for each mistake.
    """
    build = _Build(folder, artifact.host_architecture(), seconds)
    build.directory.mkdir(parents=True, exist_ok=True)
    with artifact.up_to_date(build.directory / "lock", lambda: False, lambda: None):
        return build.entries(settings.read(folder))


def tools_of(template: Path) -> dict[str, str]:
    """Digest each tool of a built template: what others know of it, and the file that it is in."""
    catalog = template.parent / artifact.LAYER / "python/contracts/catalog.json"
    return {
        entry["name"]: own_sources.digest_of(
            _files_of(entry["module"], template.parent / FUNCTION), json.dumps(entry), root=template.parent
        )
        for entry in json.loads(catalog.read_text())
    }


def _files_of(module: str, function: Path) -> list[Path]:
    path = function.joinpath(*module.split("."))
    return [each for each in (path.with_suffix(".py"), path / "__init__.py") if each.is_file()]


class _Build:
    def __init__(self, folder: TeamFolder, architecture: str, seconds: int) -> None:
        self._folder = folder
        self._architecture = architecture
        self._seconds = seconds
        key = sha256(str(folder.path).encode()).hexdigest()[:8]
        self.directory = ARTIFACT.parent / "tools" / f"{folder.name}-{key}"
        self.template = self.directory / "build/template.yaml"
        self._stamp = self.directory / "made-from.json"
        self._sources = self.directory / "sources"

    def is_fresh(self) -> bool:
        return self._made_from() == self._inputs()

    def make(self) -> None:
        if self.is_fresh():  # another process has just made it
            return
        inputs, before = self._inputs(), self._made_from()
        said = settings.read(self._folder)
        packages = dependencies.installed(self._folder, self._architecture, self.directory)
        found = self.entries(said)
        self._stamp.unlink(missing_ok=True)
        with step(f"Putting the tools of {self._folder.path} into {FUNCTION}"):
            is_whole = before.get("beside") == inputs["beside"] and self._renew_function()
            if not is_whole:
                self._make_function(packages)
            self._make_layer(found)
            template = with_team(self._base(), self._folder.name, said, found, seconds=self._seconds)
            self.template.write_text(json.dumps(template))
        with step("Packing them"):
            changed = {FUNCTION, artifact.LAYER} if is_whole else None
            package.pack(self.template, package.packed(self.template).parent, changed=changed)
        self._stamp.write_text(json.dumps(inputs))

    def entries(self, said: settings.Settings) -> list[dict[str, Any]]:
        packages = dependencies.installed(self._folder, artifact.host_architecture(), self.directory)
        with step(f"Importing the tools of {self._folder.path}"):
            self._stage()
            folders = [packages, self._sources]
            return catalog.entries(self._folder.name, folders, said.as_if_deployed(), self._seconds)

    def _stage(self) -> None:
        """Copy all sources that ToolFunction gets, under the names by which they are imported."""
        shutil.rmtree(self._sources, ignore_errors=True)
        left_out = shutil.ignore_patterns("__pycache__", own_sources.DEPENDENCIES, "catalog", "sample_*")
        shutil.copytree(ROOT / "functions/tools", self._sources / "functions/tools", ignore=left_out)
        shutil.copy(ROOT / "functions/__init__.py", self._sources / "functions/__init__.py")
        (self._sources / "runrelay").mkdir()
        for name in PUBLIC:
            shutil.copy(ROOT / "runrelay" / name, self._sources / "runrelay" / name)
        self._folder.copy_to(self._sources)

    def _make_function(self, packages: Path) -> None:
        function = self.template.parent / FUNCTION
        shutil.rmtree(function, ignore_errors=True)
        shutil.copytree(packages, function)
        shutil.copytree(self._sources, function, dirs_exist_ok=True)
        artifact.compile_sources(function, [each.name for each in self._sources.iterdir()])
        slimming.slim(function, ARTIFACT / artifact.LAYER)

    def _renew_function(self) -> bool:
        """Put the modules in as they are now; false if they need what had been left out of the function."""
        function, name = self.template.parent / FUNCTION, self._folder.name
        needs = slimming.needs(function, ARTIFACT / artifact.LAYER)
        shutil.rmtree(function / name)
        shutil.copytree(self._sources / name, function / name)
        artifact.compile_sources(function, [name])
        return slimming.needs(function, ARTIFACT / artifact.LAYER) == needs

    def _make_layer(self, found: list[dict[str, Any]]) -> None:
        layer = self.template.parent / artifact.LAYER
        shutil.rmtree(layer, ignore_errors=True)
        shutil.copytree(ARTIFACT / artifact.LAYER, layer)
        (layer / "python/contracts/catalog.json").write_text(json.dumps(found, indent=2))

    def _base(self) -> dict[str, Any]:
        """Read the template that SAM built, with each folder that stays where it is."""
        own = {FUNCTION, artifact.LAYER}
        locate = partial(_located, self.template.parent, own)
        return package.with_code(ARTIFACT / "template.yaml", locate)

    def _made_from(self) -> dict[str, str]:
        made_from: dict[str, str] = json.loads(self._stamp.read_text()) if self._stamp.exists() else {}
        return made_from

    def _inputs(self) -> dict[str, str]:
        """Digest what all of it is made from, what SAM built too, and apart from that the team's modules."""
        own = [*Path(__file__).parent.glob("*.py"), ROOT / "runrelay/toolbox/folder.py"]
        modules = [*own, *(ROOT / "runrelay" / name for name in PUBLIC)]
        also = [self._architecture, str(self._seconds), artifact.STAMP.read_text()]
        root, files = self._folder.path, list(self._folder.files())
        beside = [each for each in files if each.parent == root and each.name in BESIDE]
        theirs = own_sources.digest_of(beside, *also, root=root)
        return {
            "beside": own_sources.digest_of(modules, theirs),
            "modules": own_sources.digest_of([each for each in files if each not in beside], root=root),
        }


def _located(here: Path, own: set[str], folder: Path) -> Path:
    return here / folder.name if folder.name in own else folder
