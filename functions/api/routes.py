"""What the routes take, beyond what they read: methods, and query parameters, by name."""

from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, get_origin
from urllib.parse import parse_qsl

from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.middlewares import NextMiddleware
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEventV2

from functions.api.problems import ProblemError, WrongField, wrong_fields

PREFLIGHT = {"origin", "access-control-request-method"}
"""The headers that make an `OPTIONS` one of a browser (CORS)."""


class Resolver(APIGatewayHttpResolver):
    """Powertools' resolver, which tells a wrong method from a wrong path."""

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


def unknown_parameters(api: APIGatewayHttpResolver) -> Iterator[WrongField]:
    """Name each query parameter that the route does not know, or that stands there twice and is no list."""
    parameters = {each.alias: each for each in api.context["_route"].dependant.query_params}
    known = [*parameters]
    query = api.current_event.get("rawQueryString") or ""
    for name, times in Counter(name for name, _ in parse_qsl(query, keep_blank_values=True)).items():
        if name not in known:
            yield {"field": name, "message": f"unknown; the query may have {', '.join(known) or 'nothing'}"}
        elif times > 1 and get_origin(parameters[name].field_info.annotation) is not list:
            yield {"field": name, "message": "stands in the query more than once"}


def refuse_unknown_parameters(api: Any, next_middleware: NextMiddleware) -> Response[Any]:  # noqa: ANN401
    """Refuse a request, right otherwise, for its query.

    Raises:
        ProblemError: 422.
    """
    if unknown := list(unknown_parameters(api)):
        raise wrong_fields(unknown)
    return next_middleware(api)
