"""ApiFunction: `/runs`. It creates runs, shows them, and never calls OpenAI."""

import base64
import os
from collections.abc import Mapping
from http import HTTPStatus
from itertools import islice
from typing import Annotated, Any

import boto3
from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayHttpResolver, Response
from aws_lambda_powertools.event_handler.exceptions import ServiceError
from aws_lambda_powertools.event_handler.openapi.exceptions import RequestValidationError
from aws_lambda_powertools.event_handler.openapi.params import Header, Path, Query
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from runrelay.errors import QueueUnavailableError
from runrelay.payloads import PayloadBucket
from runrelay.queue import Queue
from runrelay.status import Kind, Status

from functions.api.models import RunPage, RunView, StartRun, Timeline
from functions.api.problems import ProblemError, invalid_fields, problem
from functions.api.run_store import RunStore
from functions.api.starting import Starter
from functions.api.timeline import timeline
from functions.api.views import RunRecords, run_summary, run_view

MAX_BODY_BYTES = 5 * 1024 * 1024
"""Lambda takes six, and base64 makes four of three."""

KINDS_TO_COME = ("session", "thread")

logger = Logger()
api = APIGatewayHttpResolver(enable_validation=True)

_config = Config(connect_timeout=2, read_timeout=4, retries={"mode": "standard", "total_max_attempts": 2})
_store = RunStore(boto3.client("dynamodb", config=_config), os.environ["TABLE_NAME"])
_payloads = PayloadBucket(boto3.client("s3", config=_config), os.environ["PAYLOAD_BUCKET_NAME"])
_starter = Starter(_store, _payloads, Queue(boto3.client("sqs", config=_config), os.environ["RUN_QUEUE_URL"]))

type RunId = Annotated[str, Path(description="A run's id.", pattern="^run_[0-9A-Z]{26}$")]


@api.post("/runs", summary="Start a run", status_code=HTTPStatus.ACCEPTED, tags=["runs"])
def start_run(
    wanted: StartRun,
    idempotency_key: Annotated[
        str | None, Header(alias="Idempotency-Key", min_length=1, max_length=255)
    ] = None,
) -> Response[RunView]:
    if wanted.kind in KINDS_TO_COME:
        raise ProblemError(HTTPStatus.NOT_IMPLEMENTED, f"runs of kind {wanted.kind} are not implemented yet")
    run = _starter.start(wanted, idempotency_key=idempotency_key)
    view = RunView(**run_summary(run).model_dump(), provider_id=run.provider_id)
    return Response(
        HTTPStatus.ACCEPTED, "application/json", view, headers={"Location": f"/runs/{run.run_id}"}
    )


@api.get("/runs", summary="List runs, newest first", tags=["runs"])
def list_runs(
    status: Annotated[Status | None, Query()] = None,
    kind: Annotated[Kind | None, Query()] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
) -> RunPage:
    newest = _store.newest(before=_run_id_from(cursor) if cursor else None, page_size=limit)
    wanted = (run for run in newest if status in (None, run.status) and kind in (None, run.kind))
    runs = list(islice(wanted, limit + 1))
    has_more = len(runs) > limit
    shown = runs[:limit]
    return RunPage(
        runs=[run_summary(run) for run in shown],
        cursor=_cursor_from(shown[-1].run_id) if has_more else None,
    )


@api.get("/runs/<run_id>", summary="Show a run", tags=["runs"])
def show_run(run_id: RunId) -> RunView:
    return run_view(_records(run_id), _payloads)


@api.get("/runs/<run_id>/events", summary="Show a run's timeline", tags=["runs"])
def show_timeline(run_id: RunId) -> Timeline:
    return timeline(_records(run_id))


@api.post("/runs/<run_id>/cancel", summary="Cancel a run (not implemented yet)", tags=["runs"])
@api.post(
    "/runs/<run_id>/calls/<call_id>/decision", summary="Decide a call (not implemented yet)", tags=["calls"]
)
@api.post(
    "/runs/<run_id>/calls/<call_id>/output", summary="Give an output (not implemented yet)", tags=["calls"]
)
def not_implemented() -> None:
    raise ProblemError(HTTPStatus.NOT_IMPLEMENTED, "this route is not implemented yet")


@api.get("/openapi.json", include_in_schema=False)
def show_openapi() -> Response[str]:
    schema = api.get_openapi_json_schema(
        title="Runrelay", version="1", description="Drives asynchronous OpenAI runs to their end."
    )
    return Response(HTTPStatus.OK, "application/json", schema)


@api.exception_handler(ProblemError)
def answer_problem(error: ProblemError) -> Response[str]:
    return problem(error.status, error.detail)


@api.exception_handler(RequestValidationError)
def answer_invalid(error: RequestValidationError) -> Response[str]:
    return invalid_fields(error.errors())


@api.exception_handler(ServiceError)
def answer_service_error(error: ServiceError) -> Response[str]:
    return problem(HTTPStatus(error.status_code), str(error.msg))


@api.exception_handler(QueueUnavailableError)
def answer_unavailable(_error: QueueUnavailableError) -> Response[str]:
    return problem(
        HTTPStatus.SERVICE_UNAVAILABLE, "the run could not be queued; retry with the same Idempotency-Key"
    )


@api.exception_handler(RecursionError)
def answer_too_deep(_error: RecursionError) -> Response[str]:
    return problem(HTTPStatus.BAD_REQUEST, "the body is nested too deeply")


@api.exception_handler(Exception)
def answer_unexpected(error: Exception) -> Response[str]:
    logger.exception("request failed", exc_info=error)
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here")


def _records(run_id: str) -> RunRecords:
    if items := _store.records(run_id):
        return RunRecords(items)
    raise ProblemError(HTTPStatus.NOT_FOUND, f"there is no run {run_id}")


def _cursor_from(run_id: str) -> str:
    return base64.urlsafe_b64encode(run_id.encode()).decode()


def _run_id_from(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor).decode("ascii")
    except ValueError as error:
        raise ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "cursor: is not one of ours") from error


def handler(event: dict[str, Any], context: LambdaContext) -> Mapping[str, Any]:
    """Answer an API Gateway request, payload format 2.0."""
    if len(event.get("body") or "") > MAX_BODY_BYTES:
        return problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "the body is too large").__dict__
    return api.resolve(event, context)
