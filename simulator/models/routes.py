"""The routes under `/v1/models`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError

# Some of those that the SDK names.
MODELS = (
    "gpt-6-astra", "gpt-6.2-astra", "gpt-6-sol", "gpt-6.1-sol", "gpt-6.2-sol", "gpt-6.1-terra", "gpt-6-luna",
)  # fmt: skip
CREATED = 1_788_220_800


def model_routes() -> list[Route]:
    return [
        Route("/models", _list, methods=["GET"]),
        Route("/models/{model}", _retrieve, methods=["GET"]),
    ]


async def _list(_: Request) -> JSONResponse:
    return JSONResponse({"object": "list", "data": [_model(name) for name in MODELS]})


async def _retrieve(request: Request) -> JSONResponse:
    name = request.path_params["model"]
    if name not in MODELS:
        raise ApiError(404, f"The model '{name}' does not exist", param="model", code="model_not_found")
    return JSONResponse(_model(name))


def _model(name: str) -> JsonObject:
    return {"id": name, "object": "model", "created": CREATED, "owned_by": "system", "shutdown_date": None}
