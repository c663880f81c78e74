"""Pack the artifact for this machine: one zip a function, stored.

`sam deploy` would compress every folder anew each time, and MiniStack would inflate it for every worker.
"""

import json
import zipfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml


def pack(template: Path, directory: Path) -> None:
    """Write the zips of a built template, and the template that names them, into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    folders = []

    def locate(folder: Path) -> Path:
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
    content: dict[str, Any] = yaml.safe_load(template.read_text())
    for resource in content["Resources"].values():
        for code in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][code] = str(locate(template.parent / resource["Properties"][code]))
    return content


def _store(folder: Path, target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, strict_timestamps=False) as archive:
        for path in sorted(folder.rglob("*")):
            archive.write(path, path.relative_to(folder))
