"""Who calls: what API Gateway says of the signature or the token that it has verified."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from functions.api.paths import CALL_ROUTE
from functions.api.problems import ProblemError

MAX_CHARACTERS = 256
"""Of each thing that is kept of a caller."""

IAM = {"userArn": "user_arn", "callerId": "caller_id", "accountId": "account_id"}
CLAIMS = {"sub": "sub", "email": "email"}
SCOPE_CLAIMS = ("scope", "scp")

type Caller = Mapping[str, str]
"""A `type` and what is kept of it, as `decided_by` of a call."""


def caller_of(event: Mapping[str, Any]) -> Caller | None:
    """Say who has sent a request; nobody is named on a stack where nothing need be signed."""
    match _authorizer(event):
        case {"iam": dict(iam)}:
            return {"type": "iam", **_kept(iam, IAM)}
        case {"jwt": {"claims": dict(claims)}}:
            return {"type": "jwt", **_kept(claims, CLAIMS)}
        case _:
            return None


def refuse_unless_entitled(event: Mapping[str, Any], scope: str) -> None:
    """Refuse to take down a decision or an output of somebody whose token lacks the scope for it.

    Args:
        scope: None is needed if it is empty.

    Raises:
        ProblemError: 403.
    """
    if scope and CALL_ROUTE.fullmatch(event.get("rawPath", "")) and scope not in _scopes(event):
        raise ProblemError(HTTPStatus.FORBIDDEN, f"this needs a token with the scope {scope}")


def _scopes(event: Mapping[str, Any]) -> frozenset[str]:
    """Give the scopes of a token; an HTTP API makes text of every claim, of a list `[one two]`."""
    match _authorizer(event):
        case {"jwt": {"claims": dict(claims)}}:
            return frozenset(scope for name in SCOPE_CLAIMS for scope in _words(claims.get(name)))
        case _:
            return frozenset()


def _words(claim: object) -> list[str]:
    match claim:
        case str():
            return claim.removeprefix("[").removesuffix("]").split()
        case list():
            return [word for word in claim if isinstance(word, str)]
        case _:
            return []


def _authorizer(event: Mapping[str, Any]) -> object:
    return event.get("requestContext", {}).get("authorizer")


def _kept(facts: Mapping[str, Any], names: Mapping[str, str]) -> Mapping[str, str]:
    return {
        kept: value[:MAX_CHARACTERS]
        for name, kept in names.items()
        if isinstance(value := facts.get(name), str)
    }
