"""ApiFunction: `/runs`. It creates runs, shows them, and never calls OpenAI."""

import json
import os
import traceback
from collections.abc import Mapping
from functools import cache
from http import HTTPStatus
from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from runrelay.messages import RunMessage
from runrelay.payloads import PayloadBucket
from runrelay.queue import Queue
from runrelay.status import Kind, Status

from functions.api.bodies import json_from, with_text_body
from functions.api.listing import RUN_ID, Filter, cursor_after, page_of
from functions.api.models import Cursor, RunPage, RunSummary, RunView, StartRun, Timeline
from functions.api.problems import ProblemError, problem_for
from functions.api.run_store import RunStore
from functions.api.starting import Starter
from functions.api.timeline import timeline
from functions.api.views import RunRecords, run_summary, run_view

KINDS_TO_COME = ("session", "thread")
NOT_IMPLEMENTED = (HTTPStatus.NOT_IMPLEMENTED, "this route is not implemented yet")

logger = Logger()
api = APIGatewayHttpResolver(enable_validation=True, json_body_deserializer=json_from)

_config = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2})
_store = RunStore(boto3.client("dynamodb", config=_config), os.environ["TABLE_NAME"])
_payloads = PayloadBucket(
    cache(lambda: boto3.client("s3", config=_config)), os.environ["PAYLOAD_BUCKET_NAME"]
)
_run_queue = Queue(boto3.client("sqs", config=_config), os.environ["RUN_QUEUE_URL"])
_starter = Starter(_store, _payloads, _run_queue)

type RunId = Annotated[str, Path(description="A run's id.", pattern=RUN_ID)]
type CallId = Annotated[str, Path(description="The id the model gave the call.")]


@api.post("/runs", summary="Start a run", status_code=HTTPStatus.ACCEPTED, tags=["runs"])
def start_run(
    wanted: StartRun,
    idempotency_key: Annotated[
        str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)
    ] = None,
) -> Response[RunSummary]:
    if wanted.kind in KINDS_TO_COME:
        raise ProblemError(HTTPStatus.NOT_IMPLEMENTED, f"runs of kind {wanted.kind} are not implemented yet")
    run = _starter.start(wanted, idempotency_key=idempotency_key)
    return Response(
        HTTPStatus.ACCEPTED, "application/json", run_summary(run), headers={"Location": f"/runs/{run.run_id}"}
    )


@api.get("/runs", summary="List runs, newest first", tags=["runs"])
def list_runs(
    status: Annotated[Status | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[Cursor | None, Query(max_length=100)] = None,
) -> RunPage:
    newest = _store.newest(before=cursor, enough=limit + 1)
    page = page_of(newest, Filter(status, kind), limit=limit)
    return RunPage(
        runs=[run_summary(run) for run in page.runs],
        cursor=cursor_after(page.next_after) if page.next_after else None,
    )


@api.get("/runs/<run_id>", summary="Show a run", tags=["runs"])
def show_run(run_id: RunId) -> RunView:
    return run_view(_records(run_id), _payloads)


@api.get("/runs/<run_id>/events", summary="Show a run's timeline", tags=["runs"])
def show_timeline(run_id: RunId) -> Timeline:
    return timeline(_records(run_id))


@api.post("/runs/<run_id>/cancel", summary="Cancel a run", status_code=HTTPStatus.ACCEPTED, tags=["runs"])
def cancel_run(run_id: RunId) -> Response[RunSummary]:
    """Have a run cancelled; one that is over stays as it ended."""
    run = _records(run_id).run
    if not run.is_over:
        _run_queue.send(RunMessage(run_id, "cancel"))
    return Response(HTTPStatus.ACCEPTED, "application/json", run_summary(run))


@api.post(
    "/runs/<run_id>/calls/<call_id>/decision", summary="Decide a call (not implemented yet)", tags=["calls"]
)
def decide_call(run_id: RunId, call_id: CallId) -> None:  # noqa: ARG001
    raise ProblemError(*NOT_IMPLEMENTED)


@api.post(
    "/runs/<run_id>/calls/<call_id>/output", summary="Give an output (not implemented yet)", tags=["calls"]
)
def give_output(run_id: RunId, call_id: CallId) -> None:  # noqa: ARG001
    raise ProblemError(*NOT_IMPLEMENTED)


@api.get("/openapi.json", summary="Show this schema", tags=["schema"])
def show_openapi() -> dict[str, Any]:
    schema: dict[str, Any] = json.loads(
        api.get_openapi_json_schema(
            title="Runrelay", version="1", description="Drives asynchronous OpenAI runs to their end."
        )
    )
    return schema


def answer_error(error: Exception) -> Response[str]:
    """Answer with a problem document; an error's own words may quote a body, so they are not logged."""
    answer = problem_for(error)
    if answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR and not isinstance(error, ProblemError):
        where = traceback.format_tb(error.__traceback__)
        logger.error("request failed", extra={"error": type(error).__name__, "where": where})
    return answer


api.exception_handler(Exception)(answer_error)


def _records(run_id: str) -> RunRecords:
    if items := _store.records(run_id):
        return RunRecords(items)
    raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no run {run_id}")


def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    """Answer an API Gateway request, payload format 2.0."""
    try:
        request = with_text_body(event)
    except ProblemError as error:
        refusal = problem_for(error)
        headers = {"Content-Type": refusal.content_type}
        return {"statusCode": refusal.status_code, "headers": headers, "body": refusal.body}
    return api.resolve(request, context)
