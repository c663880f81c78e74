"""What is said on the page that an action leads to: once."""

import secrets
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode, urlsplit, urlunsplit

MOST: Final = 100


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence; `is_bad`, if what was asked for was not done."""

    words: str
    is_bad: bool = False


@dataclass(slots=True)
class Notes:
    """Notes that wait for their page."""

    _left: "OrderedDict[str, Note]" = field(default_factory=OrderedDict)

    def leave(self, note: Note, path: str) -> str:
        """Give the address of a page of ours that will say it."""
        key = secrets.token_urlsafe(8)
        self._left[key] = note
        while len(self._left) > MOST:
            self._left.popitem(last=False)
        _, _, own_path, query, _ = urlsplit(path)
        query = "&".join(filter(None, (query, urlencode({"note": key}))))
        return urlunsplit(("", "", f"/{own_path.lstrip('/')}", query, ""))

    def take(self, key: str | None, *, is_kept: bool = False) -> Note | None:
        """Give a note, once; or keep it for the page that follows."""
        if key is None:
            return None
        return self._left.get(key) if is_kept else self._left.pop(key, None)
