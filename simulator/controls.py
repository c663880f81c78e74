"""The simulator's own routes under `/_sim`: what the model does, what goes wrong, what happened."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.bodies import Fields, JsonObject, read_object
from simulator.delivery import Delivery
from simulator.endpoints import Endpoint
from simulator.errors import ApiError, invalid
from simulator.events import event
from simulator.identifiers import new_id
from simulator.responses import StoredResponse
from simulator.world import World


def control_routes(world: World) -> list[Route]:
    async def put_scenario(request: Request) -> JSONResponse:
        name = request.path_params["name"]
        count = world.scenarios.put(name, await read_object(request))
        return JSONResponse({"name": name, "turns": count})

    async def list_scenarios(_: Request) -> JSONResponse:
        return JSONResponse(world.scenarios.names)

    async def put_faults(request: Request) -> JSONResponse:
        body = await read_object(request)
        world.faults.replace(body)
        return JSONResponse(body)

    async def send_webhook(request: Request) -> JSONResponse:
        fields = Fields(await read_object(request), known=("type", "data", "webhook_id", "id"))
        delivery = _delivery(world, fields)
        sent = await world.deliveries.send_once(delivery)
        return JSONResponse({"webhook_id": delivery.webhook_id, "status": sent.status, "body": sent.response})

    async def read_journal(request: Request) -> JSONResponse:
        query = request.query_params
        entries = world.journal.select(
            kind=query.get("kind"), path=query.get("path", ""), since=_since(query.get("since", "0"))
        )
        return JSONResponse([entry.as_json() for entry in entries])

    async def list_resources(_: Request) -> JSONResponse:
        return JSONResponse([_resource(each) for each in world.responses.all()])

    async def reset(_: Request) -> JSONResponse:
        await world.reset()
        return JSONResponse({"status": "reset"})

    async def health(_: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return [
        Route("/scenarios", list_scenarios, methods=["GET"]),
        Route("/scenarios/{name}", put_scenario, methods=["PUT"]),
        Route("/faults", put_faults, methods=["PUT"]),
        Route("/webhooks", send_webhook, methods=["POST"]),
        Route("/journal", read_journal, methods=["GET"]),
        Route("/resources", list_resources, methods=["GET"]),
        Route("/reset", reset, methods=["POST"]),
        Route("/health", health, methods=["GET"]),
    ]


def _delivery(world: World, fields: Fields) -> Delivery:
    kind = fields.text("type")
    payload = event(kind, fields.child("data").body, event_id=fields.optional_text("id"))
    return Delivery(_receiver(world, kind), payload, fields.optional_text("webhook_id") or new_id("wh"))


def _receiver(world: World, kind: str) -> Endpoint:
    """Choose the default endpoint, or else the first that wants the event."""
    wanting = world.endpoints.wanting(kind)
    if not wanting:
        raise ApiError(409, f"No webhook endpoint wants '{kind}'.")
    return wanting[0]


def _since(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise invalid("since", "'since' must be unix seconds.") from error


def _resource(stored: StoredResponse) -> JsonObject:
    told = ("id", "object", "status", "metadata", "previous_response_id")
    return {key: stored.body[key] for key in told} | {
        "created_at": stored.created_at,
        "ended_at": stored.ended_at,
    }
