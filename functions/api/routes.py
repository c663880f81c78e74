"""What the routes take beyond what they read, by name: methods, query parameters; and how logs name them."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from http import HTTPStatus
from typing import Annotated, Any, get_args, get_origin
from urllib.parse import parse_qs, parse_qsl

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from functions.api.listing import RUN_ID
from functions.api.problems import ProblemError, WrongField, wrong_fields

PREFLIGHT = {"origin", "access-control-request-method"}
"""The headers that make an `OPTIONS` one of a browser (CORS)."""


class Request(APIGatewayProxyEventV2):
    """A request whose query is read as it was sent: API Gateway joins with commas, which a value may hold."""

    @property
    def resolved_query_string_parameters(self) -> dict[str, list[str]]:
        """The query, each name with its values."""
        return parse_qs(self.raw_query_string, keep_blank_values=True)


class Resolver(APIGatewayHttpResolver):
    """Powertools' resolver, which tells a wrong method from a wrong path."""

    def _to_proxy_event(self, event: dict[str, Any]) -> Request:
        return Request(event, self._json_body_deserializer)

    def refuse_other_methods(self, request: Mapping[str, Any]) -> None:
        """Refuse a request whose path is known, and whose method is not.

        Raises:
            ProblemError: 405.
        """
        event = APIGatewayProxyEventV2(dict(request))
        routes = [*self._static_routes, *self._dynamic_routes]
        allowed = sorted({route.method for route in routes if route.rule.match(event.path)})
        if allowed and event.http_method.upper() not in allowed:
            words = " or ".join(allowed)
            raise ProblemError(
                HTTPStatus.METHOD_NOT_ALLOWED,
                f"the path takes {words}",
                headers={"Allow": ", ".join(allowed)},
            )


def is_preflight(request: Mapping[str, Any]) -> bool:
    """Say whether a browser asks what it may send: it has not signed that, and API Gateway says the rest."""
    method = request.get("requestContext", {}).get("http", {}).get("method")
    return method == "OPTIONS" and {*(request.get("headers") or {})} >= PREFLIGHT


def named_in_logs(logger: Logger) -> Callable[[Any, NextMiddleware], Response[Any]]:
    """Make what has every log line of a request say its route, and the run it is about."""

    def name(api: Any, next_middleware: NextMiddleware) -> Response[Any]:  # noqa: ANN401
        route, run_id = api.context["_route"], api.context["_route_args"].get("run_id", "")
        logger.append_keys(route=f"{route.method} {route.path}")
        if re.fullmatch(RUN_ID, run_id):
            logger.append_keys(run_id=run_id)
        return next_middleware(api)

    return name


def unknown_parameters(api: APIGatewayHttpResolver) -> Iterator[WrongField]:
    """Name each query parameter that the route does not know, or that stands there twice and is no list."""
    parameters = api.context["_route"].dependant.query_params
    known = {each.alias: _is_list(each.field_info.annotation) for each in parameters}
    query = api.current_event.get("rawQueryString") or ""
    for name, times in Counter(name for name, _ in parse_qsl(query, keep_blank_values=True)).items():
        if name not in known:
            yield {"field": name, "message": f"unknown; the query may have {', '.join(known) or 'nothing'}"}
        elif times > 1 and not known[name]:
            yield {"field": name, "message": "stands in the query more than once"}


def _is_list(annotation: Any) -> bool:  # noqa: ANN401 - a type
    """Say whether a parameter takes several values, whatever validates them."""
    is_validated = get_origin(annotation) is Annotated
    return get_origin(get_args(annotation)[0] if is_validated else annotation) is list


def refuse_unknown_parameters(api: Any, next_middleware: NextMiddleware) -> Response[Any]:  # noqa: ANN401
    """Refuse a request, right otherwise, for its query.

    Raises:
        ProblemError: 422.
    """
    if unknown := list(unknown_parameters(api)):
        raise wrong_fields(unknown)
    return next_middleware(api)
