"""The environment of a session: where its agent runs, as asked for and as told."""

from simulator.sessions.environments.settings import installed, place
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid, missing_parameter
from simulator.wire.identifiers import new_id


def new_environment(asked: object) -> JsonObject:
    """Make the environment that a create body asks for.

    Raises:
        ApiError: The body asks for none, or for one of an unknown type.
    """
    if not isinstance(asked, dict):
        raise missing_parameter("environment")
    match asked.get("type"):
        case "none":
            return {"type": "none"}
        case "openai_hosted":
            return _hosted(asked)
        case "self_hosted":
            return _self_hosted(asked)
        case _:
            raise invalid(
                "environment.type", "'environment.type' must be none, openai_hosted or self_hosted."
            )


def told_by_webhook(environment: JsonObject) -> JsonObject:
    """Say what the webhooks of a session tell about its environment."""
    told = {"environment_type": environment["type"]}
    return told | ({"environment_id": environment["id"]} if "id" in environment else {})


def _hosted(asked: JsonObject) -> JsonObject:
    named = {"type": "openai_hosted", "id": asked.get("environment_id") or new_id("env")}
    size = {"container_size": asked["container_size"]} if asked.get("container_size") else {}
    return named | place(asked, "environment") | installed(asked, "environment") | size


def _self_hosted(asked: JsonObject) -> JsonObject:
    if not isinstance(asked.get("workspace_directory"), str):
        raise missing_parameter("environment.workspace_directory")
    environment_id = new_id("env")
    return {
        "type": "self_hosted",
        "id": environment_id,
        "capability_directories": asked.get("capability_directories") or [],
        "remote_url": f"wss://executor.example.com/{environment_id}",
        "workspace_directory": asked["workspace_directory"],
    }
