"""The routes under `/shop`."""

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.bodies import read_object
from simulator.shop import Shop, order


class ShopRoutes:
    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def routes(self) -> list[Route]:
        return [
            Route("/refunds", self.refund, methods=["POST"]),
            Route("/emails", self.email, methods=["POST"]),
            Route("/orders/{order_id}", self.show_order, methods=["GET"]),
            Route("/ledger", self.read_ledger, methods=["GET"]),
        ]

    async def refund(self, request: Request) -> JSONResponse:
        key = request.headers.get("idempotency-key")
        answer, is_replayed = self._shop.refund(await read_object(request), key)
        return JSONResponse(answer, headers={"idempotent-replayed": "true"} if is_replayed else None)

    async def email(self, request: Request) -> JSONResponse:
        key = request.headers.get("idempotency-key")
        return JSONResponse(self._shop.email(await read_object(request), key))

    async def show_order(self, request: Request) -> JSONResponse:
        return JSONResponse(order(request.path_params["order_id"]))

    async def read_ledger(self, _: Request) -> JSONResponse:
        return JSONResponse(self._shop.ledger)
