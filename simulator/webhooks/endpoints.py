"""Webhook endpoints: who is told about which events, and the secrets they verify with."""

import time
from dataclasses import dataclass, field

from simulator.webhooks.signing import new_secret
from simulator.wire.bodies import JsonObject
from simulator.wire.errors import not_found
from simulator.wire.identifiers import new_id

OLD_SECRET_SECONDS = 24 * 60 * 60


@dataclass
class Endpoint:
    """A receiver of webhooks.

    Attributes:
        event_types: None for the default endpoint, which gets every event.
    """

    url: str
    event_types: tuple[str, ...] | None
    name: str
    secret: str = field(default_factory=new_secret)
    id: str = field(default_factory=lambda: new_id("we"))
    created_at: int = field(default_factory=lambda: int(time.time()))
    updated_at: int = field(default_factory=lambda: int(time.time()))
    old_secret: str | None = None
    old_secret_ends_at: float = 0.0

    def wants(self, event_type: str) -> bool:
        return self.event_types is None or event_type in self.event_types

    @property
    def signing_secrets(self) -> list[str]:
        """The new secret first, then the old one while it lasts."""
        is_old_alive = self.old_secret is not None and time.time() < self.old_secret_ends_at
        return [self.secret, *([self.old_secret] if self.old_secret and is_old_alive else [])]

    def rotate(self, *, keep_old: bool) -> None:
        self.old_secret = self.secret if keep_old else None
        self.old_secret_ends_at = time.time() + OLD_SECRET_SECONDS
        self.secret = new_secret()
        self.updated_at = int(time.time())

    def as_json(self) -> JsonObject:
        return {
            "id": self.id,
            "object": "webhook_endpoint",
            "created_at": self.created_at,
            "updated_at": self.updated_at,
            "event_types": list(self.event_types or ()),
            "name": self.name,
            "url": self.url,
            "signing_secret_hint": f"whsec_...{self.secret[-4:]}",
        }

    def as_json_with_secret(self) -> JsonObject:
        return self.as_json() | {"signing_secret": self.secret}


class Endpoints:
    """The endpoints made through the API, and the default one, which the API does not show."""

    def __init__(self, default: Endpoint | None) -> None:
        self.default = default
        self._made: dict[str, Endpoint] = {}

    def add(self, endpoint: Endpoint) -> Endpoint:
        self._made[endpoint.id] = endpoint
        return endpoint

    def get(self, endpoint_id: str) -> Endpoint:
        if endpoint_id not in self._made:
            raise not_found(f"No webhook endpoint found with id '{endpoint_id}'.")
        return self._made[endpoint_id]

    def newest_first(self) -> list[Endpoint]:
        return list(reversed(self._made.values()))

    def remove(self, endpoint_id: str) -> None:
        del self._made[self.get(endpoint_id).id]

    def wanting(self, event_type: str) -> list[Endpoint]:
        known = [*([self.default] if self.default else []), *self._made.values()]
        return [endpoint for endpoint in known if endpoint.wants(event_type)]

    def has(self, endpoint: Endpoint) -> bool:
        return endpoint is self.default or endpoint.id in self._made

    def clear(self) -> None:
        self._made.clear()
