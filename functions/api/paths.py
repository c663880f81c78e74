"""Paths that hold a call's id, which is the provider's and may hold any character."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, unquote

from functions.api.problems import ProblemError

CALL_ROUTE = re.compile(
    r"(?P<calls>/runs/[^/]+/calls/)(?P<call_id>.+)(?P<route>/(?:decision|output))", re.DOTALL
)


def with_quoted_call_id(event: Mapping[str, Any]) -> dict[str, Any]:
    """Give a request with the call's id in its path quoted, so that it is one segment of a route.

    An HTTP API hands over the path decoded: a `/` of an id and one between segments look the same.
    """
    path = event.get("rawPath", "")
    if match := CALL_ROUTE.fullmatch(path):
        path = f"{match['calls']}{quote(match['call_id'], safe='')}{match['route']}"
    return {**event, "rawPath": path}


def refuse_odd_path(request: Mapping[str, Any]) -> None:
    """Refuse a path with a control character beside its call's id: a router may read over one at its end.

    Raises:
        ProblemError: 404.
    """
    if not request.get("rawPath", "").isprintable():
        raise ProblemError(HTTPStatus.NOT_FOUND, "there is no such path")


def readings(call_id: str) -> tuple[str, ...]:
    """Say which ids the one in a path may stand for, the likeliest first.

    An HTTP API decodes every escape but `%25`, others decode all or none.
    """
    return tuple(dict.fromkeys((call_id, unquote(call_id))))
