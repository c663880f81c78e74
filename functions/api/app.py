"""ApiFunction: `/runs`. It creates runs, shows them, takes answers to their calls, and never calls OpenAI."""

import json
import os
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any
from urllib.parse import unquote

import boto3
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from contracts.catalog import load_catalog
from contracts.error_facts import facts_of
from contracts.errors import UnreadableItemError
from contracts.items import Unreadable
from contracts.payloads import PayloadBucket
from contracts.queue import Queue
from contracts.records import RunRequest
from contracts.retention import Retention
from contracts.run_records import RunRecords, UnreadableRun
from contracts.signals import stack_logger
from contracts.status import Kind, Status
from pydantic import AfterValidator, BeforeValidator

from functions.api.answering import Answerer
from functions.api.bodies import json_from, refuse_any, with_text_body
from functions.api.caller import Caller, caller_of, refuse_unless_entitled
from functions.api.cancelling import Canceller
from functions.api.deciding import Decider
from functions.api.deleting import Deleter
from functions.api.inputs import Cursor, Decide, GiveOutput, Include, Moment, StartRun, Subject, words_of
from functions.api.listing import RUN_ID, Filter, page_of
from functions.api.models import (
    CallView,
    DeletionView,
    RunPage,
    RunSummary,
    RunView,
    Timeline,
    UnreadableRunView,
)
from functions.api.paths import refuse_odd_path, with_quoted_call_id
from functions.api.problems import ProblemError, problem_for, unreadable
from functions.api.routes import (
    Resolver,
    is_preflight,
    named_in_logs,
    refuse_unknown_parameters,
    unknown_parameters,
)
from functions.api.run_store import RunStore
from functions.api.schema import with_problems
from functions.api.starting import Starter
from functions.api.timeline import timeline
from functions.api.views import call_view, page_view, run_summary, run_view

DESCRIPTION = """Drives asynchronous OpenAI runs to their end.

A body is JSON of up to 5 MB. Times are UTC, as `2026-11-21T09:30:00.000Z`. Every error is a problem document
(RFC 9457): a 400 or 422 names each wrong field or query parameter, a 405 the right methods, a 409 says what
stands in the way; after a 503 the same request can be sent again, with the same `Idempotency-Key` if it is to
start a run."""

logger = stack_logger()
api = Resolver(enable_validation=True, json_body_deserializer=json_from)
api.use([named_in_logs(logger), refuse_unknown_parameters])

_config = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2})
_store = RunStore(
    boto3.client("dynamodb", config=_config),
    os.environ["TABLE_NAME"],
    Retention(days=int(os.environ["RUN_RETENTION_DAYS"])),
)
_payloads = PayloadBucket(
    cache(lambda: boto3.client("s3", config=_config)), os.environ["PAYLOAD_BUCKET_NAME"]
)
_run_queue = Queue(boto3.client("sqs", config=_config), os.environ["RUN_QUEUE_URL"])
_decide_scope = os.environ["JWT_DECIDE_SCOPE"]
_starter = Starter(_store, _payloads, _run_queue, logger)
_decider = Decider(_store, load_catalog(), _run_queue)
_canceller = Canceller(_store, _run_queue)
_deleter = Deleter(_store, _run_queue)
_answerer = Answerer(_store, _payloads, load_catalog(), _run_queue)

type RunId = Annotated[str, Path(description="A run's id.", pattern=RUN_ID)]
type CallId = Annotated[
    str,
    Path(description="The call's id, percent-encoded, as `GET /runs/{run_id}` gives it."),
    AfterValidator(unquote),
]


@api.post(
    "/runs",
    summary="Start a run",
    description="Write a run down and have it driven to its end. The same `Idempotency-Key` with the same "
    "body gives the run that it started before; with another body it is a 409.",
    status_code=HTTPStatus.ACCEPTED,
    tags=["runs"],
)
def start_run(
    wanted: StartRun,
    idempotency_key: Annotated[
        str | None,
        Header(
            alias="Idempotency-Key",
            min_length=1,
            max_length=255,
            description="Makes a retry safe: any text that no other run was started with.",
        ),
    ] = None,
    traceparent: Annotated[
        str | None,
        Header(
            description="The span that the run is a part of (W3C Trace Context), in the trace that is made "
            "of it when it ends; one that breaks the rules is passed over.",
        ),
    ] = None,
) -> Response[RunSummary]:
    run = _starter.start(wanted, idempotency_key=idempotency_key, traceparent=traceparent)
    return Response(
        HTTPStatus.ACCEPTED, "application/json", run_summary(run), headers={"Location": f"/runs/{run.run_id}"}
    )


@api.get("/runs", summary="List runs, newest first", tags=["runs"])
def list_runs(  # noqa: PLR0913 - each a parameter of the query
    *,
    status: Annotated[
        list[Status],
        BeforeValidator(words_of),
        Query(description="Only runs with that status, or one of several: `status=failed,expired`."),
    ] = [],  # noqa: B006 - Powertools wants a list, and nobody changes it
    kind: Annotated[Kind | None, Query(description="Only runs of that kind.")] = None,
    subject: Annotated[Subject | None, Query(description="Only runs with exactly that subject.")] = None,
    since: Annotated[Moment | None, Query(description="Only runs created then or later.")] = None,
    until: Annotated[Moment | None, Query(description="Only runs created before.")] = None,
    limit: Annotated[
        int,
        Query(ge=1, le=100, description="At most so many; fewer on the last page, or as Lambda can answer."),
    ] = 20,
    cursor: Annotated[
        Cursor | None, Query(max_length=100, description="From the page before; none for the first.")
    ] = None,
) -> RunPage:
    wanted = Filter(tuple(dict.fromkeys(status)), kind, subject, since, until)
    between = wanted.ids_between(cursor)
    ids = _store.ids(wanted.partitions(), between, enough=limit) if between else ()
    return page_view(page_of(ids, _store.whole, wanted, limit=limit))


@api.get(
    "/runs/<run_id>",
    summary="Show a run",
    description="Show a run whole. Records of it that cannot be read are named in `unreadable`; if its own "
    "is one, `readable` is false, and what can be read is shown.",
    tags=["runs"],
)
def show_run(
    run_id: RunId,
    include: Annotated[
        list[Include],
        BeforeValidator(words_of),
        Query(description="What to show besides: `request` is what was asked."),
    ] = [],  # noqa: B006 - nobody changes it
) -> RunView | UnreadableRunView:
    records = _records(run_id)
    return run_view(records, _payloads, _request(records) if "request" in include else None)


@api.get("/runs/<run_id>/events", summary="Show a run's timeline", tags=["runs"])
def show_timeline(run_id: RunId) -> Timeline:
    return timeline(_records(run_id))


@api.post(
    "/runs/<run_id>/cancel",
    summary="Cancel a run",
    description="Have a run cancelled, at the provider first. A 202 holds: the run ends `cancelled`, with "
    "whatever its turn came to by then as its result. A 409 says how a run has ended already. There is "
    "nothing to say in a body.",
    status_code=HTTPStatus.ACCEPTED,
    tags=["runs"],
)
def cancel_run(run_id: RunId) -> Response[RunSummary]:
    refuse_any(api.current_event.body)
    run = _canceller.cancel(run_id, _caller())
    return Response(HTTPStatus.ACCEPTED, "application/json", run_summary(run))


@api.delete(
    "/runs/<run_id>",
    summary="Delete a run",
    description="Have a run that is over deleted: what Runrelay keeps of it, and what OpenAI does. From the "
    "202 on nothing of it is shown: it is a 410 wherever it is named, and on no list. It takes a moment, and "
    "hours if OpenAI is down; `Run Deleted` on EventBridge tells of its end. Once more is a 202 as well. "
    "A 409 says how a run stands that is open.",
    status_code=HTTPStatus.ACCEPTED,
    tags=["runs"],
)
def delete_run(run_id: RunId) -> Response[DeletionView]:
    refuse_any(api.current_event.body)
    return Response(HTTPStatus.ACCEPTED, "application/json", _deleter.delete(run_id))


@api.post(
    "/runs/<run_id>/calls/<call_id>/decision",
    summary="Decide a call",
    description="Say whether what the model asked for may be done: a call, or something that a tool of the "
    "provider's needs an approval for. The same decision for the same reason again is a 202 as well. A 409 "
    "says how a call stands that does not await a decision, and what was decided first. A login can only be "
    "refused; approving one is a 422.\n\n"
    "If several turns have a call of that id, the one that awaits a decision is meant, else the latest.",
    status_code=HTTPStatus.ACCEPTED,
    tags=["calls"],
)
def decide_call(run_id: RunId, call_id: CallId, wanted: Decide) -> Response[CallView]:
    call = _decider.decide(run_id, call_id, wanted, _caller())
    return Response(HTTPStatus.ACCEPTED, "application/json", call_view(call, _payloads))


@api.post(
    "/runs/<run_id>/calls/<call_id>/output",
    summary="Give the output of a call",
    description="Answer a call whose `executor` is `external`: its output, or why there is none. The same "
    "output again is a 202 as well. A 409 says why one is not taken: the call is run by the tool function, "
    "awaits a decision, is over (and what it was answered with), or has waited until its `wait_until`.\n\n"
    "If several turns have a call of that id, the one that is pending is meant, else the latest.",
    status_code=HTTPStatus.ACCEPTED,
    tags=["calls"],
)
def give_output(run_id: RunId, call_id: CallId, given: GiveOutput) -> Response[CallView]:
    call = _answerer.answer(run_id, call_id, given, _caller())
    return Response(HTTPStatus.ACCEPTED, "application/json", call_view(call, _payloads))


@api.get("/openapi.json", summary="Show this schema", tags=["schema"])
def show_openapi() -> dict[str, Any]:
    return with_problems(
        json.loads(api.get_openapi_json_schema(title="Runrelay", version="1", description=DESCRIPTION))
    )


def answer_error(error: Exception) -> Response[str]:
    """Answer with a problem document; an error's own words may quote a body, so they are not logged."""
    if isinstance(error, UnreadableItemError):
        logger.error("record unreadable", extra=facts_of(error))
        return problem_for(unreadable(error))
    answer = problem_for(error, unknown=unknown_parameters(api))
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, ProblemError):
        logger.error("request failed", extra=facts_of(error))
    return answer


api.exception_handler(Exception)(answer_error)


def _records(run_id: str) -> RunRecords:
    if items := _store.records(run_id):
        return RunRecords(items)
    raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no run {run_id}")


def _request(records: RunRecords) -> RunRequest | Unreadable | None:
    """Read what a run was started with, if the run can say where that stands."""
    run = records.run
    key = run.item.known.get("request_key") if isinstance(run, UnreadableRun) else run.request_key
    found = _store.request(key) if key else None
    if isinstance(found, RunRequest) and found.run_id != records.run_id:
        return None  # its key has started another run since this one expired
    return found


def _caller() -> Caller | None:
    return caller_of(api.current_event.raw_event)


def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    """Answer an API Gateway request, payload format 2.0."""
    logger.remove_keys(["route", "run_id"])  # of the request before
    logger.append_keys(request_id=event.get("requestContext", {}).get("requestId"))
    if is_preflight(event):
        return {"statusCode": HTTPStatus.NO_CONTENT}
    try:
        request = with_quoted_call_id(event)
        refuse_odd_path(request)
        api.refuse_other_methods(request)
        refuse_unless_entitled(request, _decide_scope)
        request = with_text_body(request)
    except ProblemError as error:
        refusal = problem_for(error)
        headers = {"Content-Type": refusal.content_type, **error.headers}
        return {"statusCode": refusal.status_code, "headers": headers, "body": refusal.body}
    return api.resolve(request, context)
