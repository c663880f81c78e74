"""The routes under `/shop`."""

import asyncio
import re
from http import HTTPStatus
from typing import Final

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulator.shop.shop import Shop, order
from simulator.wire.bodies import read_object

SLOW_ORDER: Final = re.compile(r"slow-(?P<seconds>\d{1,3})")


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
        """Show an order; `missing-...` is not there, and `slow-9` takes nine seconds to find."""
        order_id = request.path_params["order_id"]
        if order_id.startswith("missing-"):
            return JSONResponse({"error": {"message": f"No order {order_id}."}}, HTTPStatus.NOT_FOUND)
        if slow := SLOW_ORDER.fullmatch(order_id):
            await asyncio.sleep(int(slow["seconds"]))
        return JSONResponse(order(order_id))

    async def read_ledger(self, _: Request) -> JSONResponse:
        return JSONResponse(self._shop.ledger)
