"""The routes under `/shop`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.bodies import read_object
from simulator.shop import Shop, order


def shop_routes(shop: Shop) -> list[Route]:
    async def refund(request: Request) -> JSONResponse:
        key = request.headers.get("idempotency-key")
        answer, is_replayed = shop.refund(await read_object(request), key)
        return JSONResponse(answer, headers={"idempotent-replayed": "true"} if is_replayed else None)

    async def email(request: Request) -> JSONResponse:
        key = request.headers.get("idempotency-key")
        return JSONResponse(shop.email(await read_object(request), key))

    async def show_order(request: Request) -> JSONResponse:
        return JSONResponse(order(request.path_params["order_id"]))

    async def read_ledger(_: Request) -> JSONResponse:
        return JSONResponse(shop.ledger)

    return [
        Route("/refunds", refund, methods=["POST"]),
        Route("/emails", email, methods=["POST"]),
        Route("/orders/{order_id}", show_order, methods=["GET"]),
        Route("/ledger", read_ledger, methods=["GET"]),
    ]
