"""Pack the artifact for this machine: one zip a function, stored.

`sam deploy` would compress every folder anew each time, and MiniStack would inflate it for every worker. The
same files give the same zip, whenever they were written: a digest tells whether a function has to change.
"""

import json
import zipfile
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import yaml

OLDEST: Final = (1980, 1, 1, 0, 0, 0)
"""The date of each file in a zip, as in those of SAM."""


def pack(template: Path, directory: Path, *, changed: Collection[str] | None = None) -> None:
    """Write the zips of a built template, and the template that names them, into a directory.

    Args:
        changed: The names of the folders that are packed anew; else all are.
    """
    directory.mkdir(parents=True, exist_ok=True)
    folders = []

    def locate(folder: Path) -> Path:
        if changed is None or folder.name in changed:
            folders.append(folder)
        return directory / f"{folder.name}.zip"

    (directory / "template.yaml").write_text(json.dumps(with_code(template, locate)))
    with ThreadPoolExecutor() as threads:
        list(threads.map(_store, folders, [directory / f"{folder.name}.zip" for folder in folders]))


def packed(template: Path) -> Path:
    """Say where the packed template of a built one is: beside the folder that it is in."""
    return template.parent.parent / "packed" / template.name


def with_code(template: Path, locate: Callable[[Path], Path]) -> dict[str, Any]:
    """Read a built template with each function's and layer's folder replaced by what `locate` says."""
    content: dict[str, Any] = yaml.load(template.read_text(), yaml.CSafeLoader)
    for resource in content["Resources"].values():
        for code in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][code] = str(locate(template.parent / resource["Properties"][code]))
    return content


def _store(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(path for path in folder.rglob("*") if path.is_file()):
            entry = zipfile.ZipInfo(str(path.relative_to(folder)), OLDEST)
            entry.external_attr = path.stat().st_mode << 16
            archive.writestr(entry, path.read_bytes())
