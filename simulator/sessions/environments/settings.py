"""What a hosted environment is made of, as asked for and as told: no contents and no secrets come back."""

import base64
from collections.abc import Sequence

from simulator.wire.bodies import JsonObject, objects_in, path_of
from simulator.wire.errors import invalid, missing_parameter
from simulator.wire.identifiers import new_id
from simulator.wire.limits import check_choice

WORKSPACE = "/workspace/"
ACCESSES = ("enabled", "disabled", "restricted")
FILE_TYPES = ("inline", "file_id")
SKILL_TYPES = ("inline", "skill_reference")
# The simulator has no Skills API, so that a reference has no version but this one.
SKILL_VERSION = "1"


def place(asked: JsonObject, where: str) -> JsonObject:
    """Tell where an agent runs: network, packages, directories, desktop.

    Raises:
        ApiError: There is no such access to the network.
    """
    packages, network = asked.get("packages") or {}, asked.get("network") or {}
    check_choice(network.get("access"), ACCESSES, path_of(where, "network.access"))
    return {
        "capability_directories": asked.get("capability_directories") or [],
        "network": {
            "access": network.get("access", "enabled"),
            "allowed_domains": network.get("allowed_domains") or [],
        },
        "packages": {kind: packages.get(kind) or [] for kind in ("npm", "python", "system")},
        "desktop": {"enabled": bool((asked.get("desktop") or {}).get("enabled"))},
    }


def installed(asked: JsonObject, where: str) -> JsonObject:
    """Tell what is installed in an environment: files, plugins, skills.

    Raises:
        ApiError: One of them is malformed.
    """
    return {
        "files": [
            {"id": new_id("envfile")} | checked_file(each, at) for each, at in _listed(asked, where, "files")
        ],
        "plugins": plugins(asked, where),
        "skills": [_installed_skill(each) for each in skills(asked, where)],
    }


def plugins(asked: JsonObject, where: str) -> list[JsonObject]:
    return [_told(each, at, "type", "name", "description") for each, at in _listed(asked, where, "plugins")]


def skills(asked: JsonObject, where: str) -> list[JsonObject]:
    """Tell the skills as a template keeps them: a reference is not resolved yet."""
    return [_skill(each, at) for each, at in _listed(asked, where, "skills")]


def template_files(asked: JsonObject, where: str) -> list[JsonObject]:
    """Tell the files as a template keeps them: of one in the Files API only where it will be."""
    checked = [checked_file(each, at) for each, at in _listed(asked, where, "files")]
    return [_without_size(each) if each["type"] == "file_id" else each for each in checked]


def checked_file(asked: JsonObject, where: str) -> JsonObject:
    """Tell a file without its contents; the simulator has no Files API, so that one from there is empty.

    Raises:
        ApiError: It has no place in the workspace, or no contents.
    """
    for key in ("type", "path"):
        if not isinstance(asked.get(key), str):
            raise missing_parameter(path_of(where, key))
    check_choice(asked["type"], FILE_TYPES, path_of(where, "type"))
    path = asked["path"]
    if not path.startswith(WORKSPACE) or path.endswith("/") or ".." in path.split("/"):
        param = path_of(where, "path")
        raise invalid(param, f"'{param}' must be an absolute path of a file under /workspace.")
    told = {"type": asked["type"], "path": path}
    if asked["type"] == "inline":
        return told | {"size_bytes": len(_decoded(asked.get("data"), path_of(where, "data")))}
    if not isinstance(asked.get("file_id"), str):
        raise missing_parameter(path_of(where, "file_id"))
    return told | {"file_id": asked["file_id"], "size_bytes": 0}


def _decoded(data: object, where: str) -> bytes:
    if not isinstance(data, str):
        raise missing_parameter(where)
    try:
        return base64.b64decode(data, validate=True)
    except ValueError as error:
        raise invalid(where, f"'{where}' must be standard base64.") from error


def _skill(asked: JsonObject, where: str) -> JsonObject:
    check_choice(asked.get("type"), SKILL_TYPES, f"{where}.type")
    if asked.get("type") != "skill_reference":
        return _told(asked, where, "type", "name", "description")
    return _told(asked, where, "type", "skill_id") | {"version": asked.get("version")}


def _installed_skill(skill: JsonObject) -> JsonObject:
    if skill["type"] != "skill_reference":
        return skill
    version = skill["version"]
    is_number = version not in (None, "latest")
    named = {"name": skill["skill_id"], "description": ""}
    return skill | named | {"version": version if is_number else SKILL_VERSION}


def _without_size(file: JsonObject) -> JsonObject:
    return {key: value for key, value in file.items() if key != "size_bytes"}


def _told(asked: JsonObject, where: str, *keys: str) -> JsonObject:
    for key in keys:
        if not isinstance(asked.get(key), str):
            raise missing_parameter(f"{where}.{key}")
    return {key: asked[key] for key in keys}


def _listed(asked: JsonObject, where: str, key: str) -> Sequence[tuple[JsonObject, str]]:
    return [(each, f"{path_of(where, key)}[{at}]") for at, each in enumerate(objects_in(asked.get(key)))]
