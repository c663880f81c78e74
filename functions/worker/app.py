"""WorkerFunction: looks at runs, at several side by side.

It starts slowly enough with `openai`, so it does without botocore, where its environment is one that
`contracts.aws_json` knows, until it needs S3.
"""

import os
from collections.abc import Callable, Mapping
from datetime import timedelta
from functools import cache, partial
from importlib import import_module
from threading import Lock
from typing import Any
from uuid import uuid4

import httpx2
import openai
from aws_lambda_powertools.utilities.typing import LambdaContext
from contracts import aws_json
from contracts.api_keys import openai_api_key
from contracts.batch import Batch
from contracts.catalog import load_catalog
from contracts.payloads import PayloadBucket
from contracts.queue import Queue
from contracts.signals import stack_logger, stack_metrics
from contracts.status import Kind

from functions.worker.announcements import Announcements
from functions.worker.calls import Calls, Policy, approval_policy
from functions.worker.checks import Checks
from functions.worker.core.schedule import CheckSchedule, PollSchedule, Schedule
from functions.worker.deletions import Deletions
from functions.worker.deliveries import DeliveryLedger
from functions.worker.dispatch import Dispatcher
from functions.worker.endings import Endings
from functions.worker.engine import Engine
from functions.worker.gate import Gates
from functions.worker.orphans import Orphans
from functions.worker.owner import Owner
from functions.worker.providers import sessions, threads
from functions.worker.providers.api import OpenAIApi
from functions.worker.providers.client import OpenAIClient
from functions.worker.providers.provider import Provider
from functions.worker.providers.responses import Responses
from functions.worker.providers.sessions import Sessions
from functions.worker.providers.threads import Threads
from functions.worker.providers.whole_answers import whole_within
from functions.worker.remains import Remains
from functions.worker.retries import Retries
from functions.worker.run_store import RunStore
from functions.worker.side_by_side import SideBySide
from functions.worker.time_left import TimeLeft
from functions.worker.turns import Turns

SECONDS_FOR_ONE_MESSAGE = 15
"""One request to OpenAI that times out, and the writes around it."""

SECONDS_TO_REACH_OPENAI, SECONDS_TO_HEAR_OPENAI = 3, 10
SECONDS_FOR_ONE_ANSWER = SECONDS_TO_REACH_OPENAI + SECONDS_TO_HEAR_OPENAI
"""All of it, though it may come drop by drop."""

logger = stack_logger()
metrics = stack_metrics()
_time_left = TimeLeft()

SECONDS_TO_CONNECT, SECONDS_TO_READ, ATTEMPTS = 1, 2, 2
"""Two attempts of 3 s and at most 1 s between them: two calls that hang fit into the time for one message."""

_making = Lock()


@cache
def _botocores() -> Mapping[str, Callable[[], Any]]:
    makers: Mapping[str, Callable[[], Any]] = import_module("functions.worker.botocore_clients").makers(
        SECONDS_TO_CONNECT, SECONDS_TO_READ, ATTEMPTS
    )
    return makers


@cache
def _made(service: str) -> Any:  # noqa: ANN401 - the clients have no static types
    if service not in aws_json.SERVICES or not aws_json.knows(os.environ):
        return _botocores()[service]()
    return aws_json.AwsJson(
        service,
        os.environ,
        connect_timeout=SECONDS_TO_CONNECT,
        read_timeout=SECONDS_TO_READ,
        attempts=ATTEMPTS,
    )


def _client(service: str) -> Any:  # noqa: ANN401
    """Give the client of a service, which is made when it is first asked for."""
    with _making:
        return _made(service)


_dynamodb, _sqs = _client("dynamodb"), _client("sqs")


def _openai_client(base_url: str, api_key: str) -> openai.OpenAI:
    return openai.OpenAI(
        api_key=api_key,
        base_url=base_url,
        max_retries=0,  # a retried create is a second run, and waiting belongs on the queue
        timeout=httpx2.Timeout(SECONDS_TO_HEAR_OPENAI, connect=SECONDS_TO_REACH_OPENAI),
        http_client=openai.DefaultHttpxClient(event_hooks=whole_within(SECONDS_FOR_ONE_ANSWER)),
    )


def _api_key(kind: Kind) -> str:
    answer = _client("secretsmanager").get_secret_value(SecretId=os.environ["OPENAI_API_KEY_SECRET_NAME"])
    return openai_api_key(answer["SecretString"], kind)


def _base_url(kind: Kind) -> str:
    return os.environ.get(f"{kind.upper()}_BASE_URL") or os.environ["OPENAI_BASE_URL"]


def _api(kind: Kind, beta: str | None = None) -> OpenAIApi:
    base_url = _base_url(kind)
    client = OpenAIClient(partial(_openai_client, base_url), partial(_api_key, kind))
    return OpenAIApi(
        client,
        base_url=base_url,
        beta=beta,
        has_new_key=client.has_new_key,
        has_time=_time_left.is_enough,
    )


_owner = Owner(f"worker-{uuid4()}").name
_store = RunStore(_dynamodb, os.environ["TABLE_NAME"])
_payloads = PayloadBucket(partial(_client, "s3"), os.environ["PAYLOAD_BUCKET_NAME"])
_announcements = Announcements(partial(_client, "events"), logger, stack=os.environ["STACK_NAME"])
_providers: Mapping[Kind, Provider] = {
    "response": Responses(_api("response")),
    "session": Sessions(_api("session", sessions.BETA)),
    "thread": Threads(_api("thread", threads.BETA)),
}
_gates = Gates(_dynamodb, os.environ["TABLE_NAME"])
_calls = Calls(
    store=_store,
    payloads=_payloads,
    catalog=load_catalog(),
    tool_queue=Queue(_sqs, os.environ["TOOL_QUEUE_URL"]),
    policy=Policy(
        provider_approvals=approval_policy(os.environ["PROVIDER_APPROVALS"]),
        decision_time=timedelta(seconds=int(os.environ["DECISION_SECONDS"])),
    ),
)
_check_schedule = CheckSchedule(
    first_seconds=int(os.environ["CHECK_FIRST_SECONDS"]), cap_seconds=int(os.environ["CHECK_CAP_SECONDS"])
)
_with_webhooks = PollSchedule() if os.environ["DELIVERY"] == "poll" else _check_schedule
_schedules: Mapping[Kind, Schedule] = {
    "response": _with_webhooks,
    "session": _with_webhooks,
    "thread": PollSchedule(),  # no webhook ever tells of it
}
_run_queue = Queue(_sqs, os.environ["RUN_QUEUE_URL"])
_checks = Checks(_schedules, _check_schedule, _store, _run_queue)
_orphans = Orphans(_store, _providers, _checks, logger, metrics)
_turns = Turns(
    store=_store,
    payloads=_payloads,
    providers=_providers,
    gates=_gates,
    catalog=load_catalog(),
    calls=_calls,
    checks=_checks,
    orphans=_orphans,
    announcements=_announcements,
    owner=_owner,
    metrics=metrics,
)
_deletions = Deletions(
    remains=Remains(_dynamodb, os.environ["TABLE_NAME"]),
    payloads=_payloads,
    providers=_providers,
    gates=_gates,
    announcements=_announcements,
    run_queue=_run_queue,
    logger=logger,
    metrics=metrics,
)
_endings = Endings(_store, _orphans, _calls, _checks, _announcements, logger)
_engine = Engine(
    store=_store,
    payloads=_payloads,
    turns=_turns,
    orphans=_orphans,
    calls=_calls,
    checks=_checks,
    retries=Retries(int(os.environ["RETRY_FAILED_TURNS"]), _store, _checks, _announcements, metrics),
    endings=_endings,
    deletions=_deletions,
    announcements=_announcements,
    logger=logger,
    metrics=metrics,
)
_dispatcher = Dispatcher(
    engine=_engine,
    store=_store,
    providers=_providers,
    gates=_gates,
    deliveries=DeliveryLedger(_dynamodb, os.environ["TABLE_NAME"]),
    announcements=_announcements,
    run_queue=_run_queue,
    owner=_owner,
    max_receives=int(os.environ["MAX_RECEIVES"]),
    logger=logger,
    metrics=metrics,
)
_batch = SideBySide(
    Batch(_sqs, os.environ["RUN_QUEUE_URL"], logger, metrics, seconds_for_one=SECONDS_FOR_ONE_MESSAGE),
    at_once=int(os.environ["RECORDS_AT_ONCE"]),
    max_receives=int(os.environ["MAX_RECEIVES"]),
)


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an SQS batch of the run queue; answers with the records that must come back."""
    _time_left.clock = context
    return _batch.process(event, context, _dispatcher.handle)
