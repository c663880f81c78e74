"""The stack's API, as pages ask it: page by page, and without long patience."""

from typing import Unpack

from runrelay.client import operations
from runrelay.client.asynchronous import AsyncRunrelay
from runrelay.client.models import RunPage
from runrelay.client.operations import ListArguments
from runrelay.reach import Where

RETRIES = 1
"""A person waits, and can load the page again."""


class Api(AsyncRunrelay):
    """The client, with single pages of the list."""

    @classmethod
    def of(cls, where: Where) -> "Api":
        """Find the stack.

        Raises:
            CommandError: There is no local one.
            NoStackError: There is none, or nothing to sign with.
        """
        where.refuse_if_down()
        if where.stack_name:
            return cls(where.stack_name, token=where.token, max_retries=RETRIES)
        return cls(directory=where.directory, max_retries=RETRIES)

    async def page(self, cursor: str | None, *, limit: int, **wanted: Unpack[ListArguments]) -> RunPage:
        """List some runs; one that is damaged has its place among them."""
        return await self._send(operations.page(cursor, limit=limit, **wanted))
