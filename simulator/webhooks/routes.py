"""The routes under `/v1/webhook_endpoints`, and `/v1/webhook_event_types`."""

import time
from collections.abc import Sequence
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.webhooks.delivery import Deliveries, Delivery
from simulator.webhooks.endpoints import Endpoint, Endpoints
from simulator.webhooks.events import sample_event
from simulator.webhooks.loopback import is_loopback
from simulator.wire.bodies import Fields, JsonObject, read_object
from simulator.wire.errors import ApiError
from simulator.wire.identifiers import new_id
from simulator.wire.pages import page

SETTINGS = ("event_types", "name", "url")


class EndpointRoutes:
    def __init__(self, endpoints: Endpoints, deliveries: Deliveries, event_types: Sequence[str]) -> None:
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._event_types = event_types

    def routes(self) -> list[Route]:
        one = "/webhook_endpoints/{endpoint_id}"
        return [
            Route("/webhook_endpoints", self.create, methods=["POST"]),
            Route("/webhook_endpoints", self.list_all, methods=["GET"]),
            Route(one, self.retrieve, methods=["GET"]),
            Route(one, self.update, methods=["POST"]),
            Route(one, self.delete, methods=["DELETE"]),
            Route(f"{one}/rotate_secret", self.rotate_secret, methods=["POST"]),
            Route(f"{one}/test", self.test, methods=["POST"]),
            Route("/webhook_event_types", self.list_event_types, methods=["GET"]),
        ]

    def _named(self, request: Request) -> Endpoint:
        return self._endpoints.get(request.path_params["endpoint_id"])

    async def create(self, request: Request) -> JSONResponse:
        fields = Fields(await read_object(request), known=SETTINGS)
        endpoint = Endpoint(url=_url(fields), event_types=self._kinds(fields), name=fields.text("name"))
        return JSONResponse(self._endpoints.add(endpoint).as_json_with_secret())

    async def list_all(self, request: Request) -> JSONResponse:
        return JSONResponse(page([each.as_json() for each in self._endpoints.newest_first()], request))

    async def retrieve(self, request: Request) -> JSONResponse:
        return JSONResponse(self._named(request).as_json())

    async def update(self, request: Request) -> JSONResponse:
        endpoint = self._named(request)
        self._change(endpoint, Fields(await read_object(request), known=SETTINGS))
        return JSONResponse(endpoint.as_json())

    async def delete(self, request: Request) -> JSONResponse:
        endpoint = self._named(request)
        self._endpoints.remove(endpoint.id)
        return JSONResponse({"id": endpoint.id, "object": "webhook_endpoint.deleted", "deleted": True})

    async def rotate_secret(self, request: Request) -> JSONResponse:
        endpoint = self._named(request)
        fields = Fields(await read_object(request), known=("keep_old_secret_active_for_24_hours",))
        endpoint.rotate(keep_old=fields.flag("keep_old_secret_active_for_24_hours"))
        return JSONResponse(endpoint.as_json_with_secret())

    async def test(self, request: Request) -> JSONResponse:
        endpoint = self._named(request)
        fields = Fields(await read_object(request), known=("event_type",))
        kind = self._known(fields, fields.text("event_type"))
        return JSONResponse(await _test(endpoint, kind, self._deliveries))

    async def list_event_types(self, _: Request) -> JSONResponse:
        return JSONResponse({"object": "list", "data": list(self._event_types)})

    def _change(self, endpoint: Endpoint, fields: Fields) -> None:
        """Change what the body names, all of it or, when a field is wrong, nothing."""
        changes: JsonObject = {}
        if "url" in fields.body:
            changes["url"] = _url(fields)
        if "event_types" in fields.body:
            changes["event_types"] = self._kinds(fields)
        if "name" in fields.body:
            changes["name"] = fields.text("name")
        if any(getattr(endpoint, key) != value for key, value in changes.items()):
            endpoint.updated_at = int(time.time())
        for key, value in changes.items():
            setattr(endpoint, key, value)

    def _kinds(self, fields: Fields) -> tuple[str, ...]:
        kinds = fields.texts("event_types")
        if not kinds:
            raise fields.refuse("event_types", "must name at least one event type")
        return tuple(self._known(fields, kind, key="event_types") for kind in kinds)

    def _known(self, fields: Fields, kind: str, *, key: str = "event_type") -> str:
        if kind not in self._event_types:
            raise fields.refuse(key, f"cannot be '{kind}': no such event type")
        return kind


async def _test(endpoint: Endpoint, kind: str, deliveries: Deliveries) -> JsonObject:
    sent = await deliveries.send_once(Delivery(endpoint, sample_event(kind), new_id("wh")))
    if sent.status is None:
        raise ApiError(400, "The webhook endpoint did not answer the test request.", param="url")
    return {
        "object": "webhook_endpoint.test",
        "webhook_endpoint_id": endpoint.id,
        "event_type": kind,
        "status_code": sent.status,
        "success": True,
    }


def _url(fields: Fields) -> str:
    """Read the URL, which needs TLS; but a local receiver has no certificate."""
    url = fields.text("url")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise fields.refuse("url", "must be an https URL")
    if parts.scheme == "http" and not is_loopback(parts.hostname):
        raise fields.refuse("url", "must be an https URL; only a loopback host may do without")
    return url
