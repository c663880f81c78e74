"""Environments: made before any session, or with one; and the files in them."""

import asyncio
from dataclasses import dataclass, field

from simulator.background import Background
from simulator.sessions.environments.settings import checked_file, installed, place
from simulator.sessions.environments.templates import Templates
from simulator.webhooks.delivery import Deliveries
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError, invalid, missing_parameter, not_found
from simulator.wire.identifiers import new_id

PROVISIONING_SECONDS = 0.05
INSTALLED = ("files", "plugins", "skills")
OPEN = ("ready", "connected")


@dataclass
class StoredEnvironment:
    """An environment.

    Attributes:
        body: The `EnvironmentInfo` object as it is now.
        asked: What it was asked to be; a session that takes it over takes this.
        sizes: The files that are in it now, by their path.
    """

    body: JsonObject
    asked: JsonObject = field(default_factory=dict)
    sizes: dict[str, int] = field(default_factory=dict)

    def file(self, path: str) -> JsonObject:
        return {
            "object": "agent.environment.file",
            "environment_id": self.body["id"],
            "path": path,
            "size_bytes": self.sizes[path],
        }


class Environments:
    def __init__(self, *, templates: Templates, deliveries: Deliveries, background: Background) -> None:
        self._templates = templates
        self._deliveries = deliveries
        self._background = background
        self._kept: dict[str, StoredEnvironment] = {}
        self._by_key: dict[str, JsonObject] = {}

    def create(self, request: JsonObject, idempotency_key: str | None) -> JsonObject:
        """Make a hosted environment, which is ready a little later.

        Raises:
            ApiError: OpenAI would refuse it.
        """
        if idempotency_key in self._by_key:
            return self._by_key[idempotency_key]
        asked = request.get("environment")
        if not isinstance(asked, dict):
            raise missing_parameter("environment")
        if asked.get("type") != "openai_hosted":
            raise invalid("environment.type", "'environment.type' must be openai_hosted.")
        asked = self.resolved(asked)
        place(asked, "environment")
        stored = self._keep("openai_hosted", new_id("env"), "pending", installed(asked, "environment"))
        stored.asked = asked
        self._background.start(self._provision(stored))
        if idempotency_key is not None:
            self._by_key[idempotency_key] = stored.body
        return stored.body

    def resolved(self, asked: JsonObject) -> JsonObject:
        """Fill in what a request leaves to a template, or to an environment that is there already.

        Raises:
            ApiError: There is no such template or environment.
        """
        template_id, environment_id = asked.get("environment_template_id"), asked.get("environment_id")
        template = self._templates.get(template_id).asked if template_id is not None else {}
        known = self.get(environment_id).asked if environment_id is not None else {}
        return template | known | {key: value for key, value in asked.items() if value is not None}

    def attach(self, environment: JsonObject) -> None:
        """Keep the environment of a session: a hosted one is connected, one of the client's not yet."""
        if "id" not in environment:
            return
        kind = environment["type"]
        status = "connected" if kind == "openai_hosted" else "disconnected"
        told = {key: environment.get(key, []) for key in INSTALLED}
        known = self._kept.get(environment["id"])
        if known:
            known.body["status"] = status
        else:
            self._keep(kind, environment["id"], status, told)

    def get(self, environment_id: object) -> StoredEnvironment:
        if not isinstance(environment_id, str) or environment_id not in self._kept:
            raise not_found(f"Environment with id '{environment_id}' not found.")
        return self._kept[environment_id]

    def hosted(self) -> list[JsonObject]:
        return [each.body for each in self._kept.values() if each.body["type"] == "openai_hosted"]

    def put_file(self, environment_id: str, request: JsonObject) -> JsonObject:
        """Copy a file into an environment, in the place of another at the same path.

        Raises:
            ApiError: It is malformed, or the environment is not there to take it.
        """
        stored = self._opened(environment_id)
        file = checked_file(request, "")
        stored.sizes[file["path"]] = file["size_bytes"]
        return stored.file(file["path"])

    def files(self, environment_id: str, folder: str | None) -> list[JsonObject]:
        """List the files of an environment, or of a folder in it, by their path."""
        stored = self._opened(environment_id)
        below = f"{folder.rstrip('/')}/" if folder else ""
        return [stored.file(path) for path in sorted(stored.sizes) if path.startswith(below)]

    def clear(self) -> None:
        self._kept.clear()
        self._by_key.clear()

    def _keep(self, kind: str, environment_id: str, status: str, told: JsonObject) -> StoredEnvironment:
        body = {"id": environment_id, "object": "agent.environment", "type": kind, "status": status}
        sizes = {file["path"]: file["size_bytes"] for file in told["files"]}
        stored = self._kept[environment_id] = StoredEnvironment(body | told, sizes=sizes)
        return stored

    async def _provision(self, stored: StoredEnvironment) -> None:
        await asyncio.sleep(PROVISIONING_SECONDS)
        if stored.body["status"] == "pending":
            stored.body["status"] = "ready"
            self._deliveries.announce("agent.environment.ready", {"id": stored.body["id"]})

    def _opened(self, environment_id: str) -> StoredEnvironment:
        stored = self.get(environment_id)
        status = stored.body["status"]
        if status not in OPEN:
            # That OpenAI wants it connected is known, its words are not.
            raise ApiError(400, f"Environment '{environment_id}' is {status}: it has no files to reach.")
        return stored
