"""Pages of a list, in the shape that the SDK's cursor pages read."""

from collections.abc import Sequence

from starlette.requests import Request

from simulator.wire.bodies import JsonObject
from simulator.wire.errors import invalid

DEFAULT_LIMIT = 20
MOST = 100


def in_order(items: Sequence[JsonObject], request: Request) -> Sequence[JsonObject]:
    """Put items, oldest first, in the order that is asked for: newest first unless it is `asc`."""
    return items if request.query_params.get("order") == "asc" else items[::-1]


def page(items: Sequence[JsonObject], request: Request) -> JsonObject:
    """Cut the page that `after` and `limit` ask for.

    Raises:
        ApiError: The limit is out of range, or the cursor is not an id in the list.
    """
    limit = _limit(request)
    rest = _after(items, request.query_params.get("after"))
    shown = rest[:limit]
    return whole_list(shown) | {"has_more": len(rest) > len(shown)}


def token_page(items: Sequence[JsonObject], request: Request) -> JsonObject:
    """Cut the page that `page` and `limit` ask for, of things without an id: `next` begins the next."""
    given, limit = request.query_params.get("page", "0"), _limit(request)
    if not given.isdigit():
        raise invalid("page", "Invalid 'page': expected the token of a previous page.")
    begin, end = int(given), int(given) + limit
    has_more = end < len(items)
    following = str(end) if has_more else None
    return {"object": "list", "data": list(items[begin:end]), "has_more": has_more, "next": following}


def whole_list(items: Sequence[JsonObject]) -> JsonObject:
    """Make a list that has no other page."""
    return {
        "object": "list",
        "data": list(items),
        "first_id": items[0]["id"] if items else None,
        "last_id": items[-1]["id"] if items else None,
        "has_more": False,
    }


def _limit(request: Request) -> int:
    limit = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not limit.isdigit() or not 1 <= int(limit) <= MOST:
        raise invalid("limit", f"Invalid 'limit': expected a whole number between 1 and {MOST}.")
    return int(limit)


def _after(items: Sequence[JsonObject], cursor: str | None) -> Sequence[JsonObject]:
    if cursor is None:
        return items
    for at, item in enumerate(items):
        if item["id"] == cursor:
            return items[at + 1 :]
    raise invalid("after", f"No item found with id '{cursor}'.")
