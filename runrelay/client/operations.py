"""Each thing that can be asked of the API, as a value: what to send, and what its answer means."""

import json
import re
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Final, Required, TypedDict, Unpack
from urllib.parse import quote

from runrelay.client.decoding import decoded, whole_run
from runrelay.client.errors import InvalidRequestError, NotFoundError
from runrelay.client.models import Call, Deletion, Kind, Run, RunPage, RunSummary, Status, Timeline

MOST_ON_A_PAGE: Final = 100
VISIBLE: Final = re.compile("[!-~]([ -~]*[!-~])?")

type Document = Mapping[str, Any]


class _NotGiven:
    """Tells an output that is None from none at all."""


NOT_GIVEN: Final = _NotGiven()


@dataclass(frozen=True, slots=True)
class Operation[T]:
    """One request, which may be sent again with no harm, and how to read its answer.

    Attributes:
        path: Below the API's URL, percent-encoded, with its query.
        body: JSON, if there is any.
    """

    method: str
    path: str
    read: Callable[[Document], T]
    body: bytes | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class StartArguments(TypedDict, total=False):
    """What a run is started with; only `request` is needed.

    Attributes:
        request: OpenAI's create body of that kind, such as `{"model": ..., "input": ...}`.
        kind: The OpenAI API the run lives on: `response` unless said otherwise.
        tools: Names of the catalog's tools that the model is offered.
        subject: Whose run it is, or what it is about; `runs.list(subject=...)` finds it.
        metadata: Sent on to OpenAI.
        deadline_seconds: After that the run is cancelled and ends `expired`; a day unless said otherwise.
        max_turns: A run that asks for more calls after that many ends `incomplete`.
        idempotency_key: With the same key and arguments, the run that it started before is given. Made anew
            for each call of `start` unless said otherwise, and kept over its retries.
        traceparent: The span that the run is a part of (W3C Trace Context).
    """

    request: Required[Mapping[str, Any]]
    kind: Kind
    tools: Sequence[str]
    subject: str | None
    metadata: Mapping[str, str] | None
    deadline_seconds: int | None
    max_turns: int | None
    idempotency_key: str | None
    traceparent: str | None


class ListArguments(TypedDict, total=False):
    """Which runs are listed.

    Attributes:
        status: One, or several.
        since: Those created then or later; a time with its time zone.
        until: Those created before.
    """

    status: Status | Sequence[Status]
    kind: Kind | None
    subject: str | None
    since: datetime | None
    until: datetime | None


_HEADERS: Final = {"idempotency_key": "idempotency-key", "traceparent": "traceparent"}


def start(**given: Unpack[StartArguments]) -> Operation[RunSummary]:
    """Start a run, once, however often this is sent.

    Raises:
        TypeError: There is no such argument.
        InvalidRequestError: One that is sent as a header cannot be.
    """
    _refuse_others(given, StartArguments)
    whole = {"kind": "response", "idempotency_key": uuid.uuid4().hex} | {
        name: value for name, value in given.items() if value is not None
    }
    headers = {_HEADERS[name]: _header(name, str(whole.pop(name))) for name in _HEADERS if name in whole}
    return Operation("POST", "/runs", partial(decoded, RunSummary), _json(whole), headers)


def get(run_id: str, *, include_request: bool = False) -> Operation[Run]:
    query = "?include=request" if include_request else ""
    return Operation("GET", f"/runs/{_id(run_id)}{query}", whole_run)


def page(
    cursor: str | None, *, limit: int = MOST_ON_A_PAGE, **wanted: Unpack[ListArguments]
) -> Operation[RunPage]:
    """List some runs, at most `limit`.

    Raises:
        TypeError: There is no such argument.
    """
    _refuse_others(wanted, ListArguments)
    query = {**wanted, "limit": limit, "cursor": cursor}
    told = [f"{name}={_quoted(_word(value))}" for name, value in query.items() if value not in (None, (), [])]
    return Operation("GET", f"/runs?{'&'.join(told)}", partial(decoded, RunPage))


def _word(value: object) -> str:
    match value:
        case datetime():
            return _in_whole_minutes(value).isoformat()
        case list() | tuple() | set() | frozenset():
            return ",".join(map(str, value))
        case _:
            return str(value)


def _in_whole_minutes(moment: datetime) -> datetime:
    """Give a moment at an offset of whole minutes, as RFC 3339 has it; that of old time zones had seconds."""
    is_whole = not (moment.utcoffset() or timedelta()) % timedelta(minutes=1)
    return moment if is_whole else moment.astimezone(UTC)


def events(run_id: str) -> Operation[Timeline]:
    return Operation("GET", f"/runs/{_id(run_id)}/events", partial(decoded, Timeline))


def cancel(run_id: str) -> Operation[RunSummary]:
    return Operation("POST", f"/runs/{_id(run_id)}/cancel", partial(decoded, RunSummary))


def delete(run_id: str) -> Operation[Deletion]:
    return Operation("DELETE", f"/runs/{_id(run_id)}", partial(decoded, Deletion))


def decide(run_id: str, call_id: str, *, approve: bool, reason: str | None = None) -> Operation[Call]:
    decision = {"approve": approve} | ({} if reason is None else {"reason": reason})
    return _of_call(run_id, call_id, "decision", decision)


def give_output(
    run_id: str,
    call_id: str,
    *,
    output: Any = NOT_GIVEN,  # noqa: ANN401 - any JSON
    error: str | None = None,
) -> Operation[Call]:
    """Give the output of a call, or say why there is none.

    Raises:
        ValueError: It is neither, or both.
    """
    if (output is NOT_GIVEN) == (error is None):
        raise ValueError("give either an output or an error")
    return _of_call(run_id, call_id, "output", {"output": output} if error is None else {"error": error})


def _of_call(run_id: str, call_id: str, route: str, body: Document) -> Operation[Call]:
    path = f"/runs/{_id(run_id)}/calls/{_id(call_id)}/{route}"
    return Operation("POST", path, partial(decoded, Call), _json(body))


def _refuse_others(given: Mapping[str, Any], known: type) -> None:
    if others := given.keys() - known.__annotations__.keys():
        raise TypeError(f"there is no argument {', '.join(sorted(others))}")


def _json(document: Document) -> bytes:
    """Write JSON; mappings and sequences of any type are objects and arrays.

    Raises:
        TypeError, ValueError: Something in it is none.
    """
    return json.dumps(document, allow_nan=False, default=_plain).encode()


def _plain(value: object) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case Mapping():
            return dict(value)
        case Sequence() if not isinstance(value, bytes | bytearray | memoryview):
            return list(value)
        case _:
            raise TypeError(f"{type(value).__name__} is not JSON")


def _header(name: str, value: str) -> str:
    if not VISIBLE.fullmatch(value):
        raise InvalidRequestError(f"{name}: a header holds visible ASCII")
    return value


def _id(text: str) -> str:
    """Quote an id, unless a path would be another with it."""
    if text in {"", ".", ".."}:
        raise NotFoundError(f"nothing has the id {text!r}")
    return _quoted(text)


def _quoted(text: str) -> str:
    """Quote as signatures do, in a path and in a query: all but letters, digits and `-._~`.

    Raises:
        InvalidRequestError: UTF-8 cannot say it.
    """
    try:
        return quote(text, safe="")
    except UnicodeEncodeError as error:
        raise InvalidRequestError(f"{text!r} has half a surrogate pair, which UTF-8 cannot say") from error
