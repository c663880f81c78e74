"""The simulator's own routes under `/_sim`: what the model does, what goes wrong, what happened."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.responses.store import StoredResponse
from simulator.sessions.state import StoredSession
from simulator.threads.stored_run import StoredRun
from simulator.webhooks.delivery import Delivery
from simulator.webhooks.endpoints import Endpoint
from simulator.webhooks.events import event
from simulator.wire.bodies import Fields, JsonObject, read_object
from simulator.wire.errors import ApiError, invalid
from simulator.wire.identifiers import new_id
from simulator.world import World


class Controls:
    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[Route]:
        return [
            Route("/scenarios", self.list_scenarios, methods=["GET"]),
            Route("/scenarios/{name}", self.put_scenario, methods=["PUT"]),
            Route("/faults", self.put_faults, methods=["PUT"]),
            Route("/webhooks", self.send_webhook, methods=["POST"]),
            Route("/journal", self.read_journal, methods=["GET"]),
            Route("/resources", self.list_resources, methods=["GET"]),
            Route("/reset", self.reset, methods=["POST"]),
            Route("/health", self.health, methods=["GET"]),
        ]

    async def put_scenario(self, request: Request) -> JSONResponse:
        name = request.path_params["name"]
        count = self._world.scenarios.put(name, await read_object(request))
        return JSONResponse({"name": name, "turns": count})

    async def list_scenarios(self, _: Request) -> JSONResponse:
        return JSONResponse(self._world.scenarios.names)

    async def put_faults(self, request: Request) -> JSONResponse:
        body = await read_object(request)
        self._world.faults.replace(body)
        return JSONResponse(body)

    async def send_webhook(self, request: Request) -> JSONResponse:
        fields = Fields(await read_object(request), known=("type", "data", "webhook_id", "id"))
        delivery = _delivery(self._world, fields)
        sent = await self._world.deliveries.send_once(delivery)
        return JSONResponse({"webhook_id": delivery.webhook_id, "status": sent.status, "body": sent.response})

    async def read_journal(self, request: Request) -> JSONResponse:
        query = request.query_params
        entries = self._world.journal.select(
            kind=query.get("kind"), path=query.get("path", ""), since=_since(query.get("since", "0"))
        )
        return JSONResponse([entry.as_json() for entry in entries])

    async def list_resources(self, _: Request) -> JSONResponse:
        return JSONResponse(
            [
                *(_response(each) for each in self._world.responses.all()),
                *(_session(each) for each in self._world.sessions.all()),
                *(_thread_run(each) for each in self._world.thread_runs.all()),
            ]
        )

    async def reset(self, _: Request) -> JSONResponse:
        await self._world.reset()
        return JSONResponse({"status": "reset"})

    async def health(self, _: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})


def _delivery(world: World, fields: Fields) -> Delivery:
    kind = fields.text("type")
    payload = event(kind, fields.child("data").body, event_id=fields.optional_text("id"))
    return Delivery(_receiver(world, kind), payload, fields.optional_text("webhook_id") or new_id("wh"))


def _receiver(world: World, kind: str) -> Endpoint:
    """Choose the default endpoint, or else the first that wants the event, or else any: it is by hand."""
    receivers = [*world.endpoints.wanting(kind), *world.endpoints.newest_first()]
    if not receivers:
        raise ApiError(409, "There is no webhook endpoint.")
    return receivers[0]


def _since(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise invalid("since", "'since' must be unix seconds.") from error


def _response(stored: StoredResponse) -> JsonObject:
    told = ("id", "object", "status", "metadata", "previous_response_id")
    return {key: stored.body[key] for key in told} | {
        "created_at": stored.created_at,
        "ended_at": stored.ended_at,
    }


def _session(stored: StoredSession) -> JsonObject:
    told = ("id", "object", "status", "metadata", "error", "required_actions")
    told_of_turn = ("id", "status", "subagent_id", "error", "created_at", "completed_at")
    return {key: stored.body[key] for key in told} | {
        "created_at": stored.created_at,
        "turns": [{key: turn.body[key] for key in told_of_turn} for turn in stored.turns],
    }


def _thread_run(stored: StoredRun) -> JsonObject:
    told = ("id", "object", "status", "metadata", "thread_id", "required_action", "last_error")
    return {key: stored.body[key] for key in told} | {
        "created_at": stored.created_at,
        "ended_at": stored.ended_at,
    }
