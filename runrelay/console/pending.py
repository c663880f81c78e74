"""Looks that take long: a page is painted without them, and they are handed to the answer that follows."""

import asyncio
import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

from runrelay.console.view import Looked, Seen, View, looked, seen_of

PATIENCE_SECONDS: Final = 0.3
"""How long a page waits for what is to be on it."""

MOST: Final = 20


@dataclass(slots=True)
class Pending:
    """Looks that are under way, until somebody comes for them."""

    _looks: "OrderedDict[str, asyncio.Task[Looked]]" = field(default_factory=OrderedDict)

    async def look(self, view: View, *, patiently: bool) -> Seen | str:
        """Look; give what was seen, or the key by which it can be had later.

        Raises:
            RunrelayError, CommandError: As the view's look, if it ends soon.
        """
        if patiently:
            return await view.look()
        look = asyncio.create_task(looked(view))
        done, _ = await asyncio.wait({look}, timeout=PATIENCE_SECONDS)
        if done:
            return seen_of(look.result())
        key = secrets.token_urlsafe(8)
        self._looks[key] = look
        while len(self._looks) > MOST:
            self._looks.popitem(last=False)[1].cancel()
        return key

    def taken(self, key: str, view: View) -> View:
        """Give a view whose first look is the one that is under way, if there is one."""
        look = self._looks.pop(key, None)
        return Begun(view, look) if look else view


class Begun:
    """A view of which a look is under way."""

    def __init__(self, view: View, look: "asyncio.Task[Looked]") -> None:
        self.template = view.template
        self._view = view
        self._look: asyncio.Task[Looked] | None = look

    async def look(self) -> Seen:
        """Wait for the look that was begun; then look anew, each time.

        Raises:
            RunrelayError, CommandError: As the view's look.
        """
        if self._look is None:
            return await self._view.look()
        look, self._look = self._look, None
        return seen_of(await look)
