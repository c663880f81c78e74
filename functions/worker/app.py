"""WorkerFunction: looks at runs, one message at a time.

It starts slowly enough with `openai`, so it takes its clients from botocore itself.
"""

import os
from collections.abc import Mapping
from functools import cache
from typing import Any
from uuid import uuid4

import botocore.session
import httpx2
import openai
from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from runrelay.batch import Batch
from runrelay.catalog import load_catalog
from runrelay.payloads import PayloadBucket
from runrelay.queue import Queue
from runrelay.status import Kind

from functions.worker.announcements import Announcements
from functions.worker.calls import Calls
from functions.worker.checks import Checks
from functions.worker.core.schedule import CheckSchedule, PollSchedule, Schedule
from functions.worker.deliveries import DeliveryLedger
from functions.worker.dispatch import Dispatcher
from functions.worker.engine import Engine
from functions.worker.provider import Provider
from functions.worker.responses import Responses
from functions.worker.run_store import RunStore
from functions.worker.turns import Turns

SECONDS_FOR_ONE_MESSAGE = 15
"""One request to OpenAI that times out, and the writes around it."""

logger = Logger()
metrics = Metrics()

_config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
"""Two attempts of 3 s and at most 1 s between them: two calls that hang fit into the time for one message."""
_session: Any = botocore.session.get_session()  # the clients it makes have no static types
_dynamodb = _session.create_client("dynamodb", config=_config)
_sqs = _session.create_client("sqs", config=_config)


def _openai_client() -> openai.OpenAI:
    secret_name = os.environ["OPENAI_API_KEY_SECRET_NAME"]
    key = _session.create_client("secretsmanager", config=_config).get_secret_value(SecretId=secret_name)[
        "SecretString"
    ]
    return openai.OpenAI(
        api_key=key.strip(),
        base_url=os.environ["OPENAI_BASE_URL"],
        max_retries=0,  # a retried create is a second run, and waiting belongs on the queue
        timeout=httpx2.Timeout(10, connect=3),
    )


def _schedule() -> Schedule:
    """Say when runs of a kind with webhooks are looked at without one."""
    if os.environ["DELIVERY"] == "poll":
        return PollSchedule()
    return CheckSchedule(
        first_seconds=int(os.environ["CHECK_FIRST_SECONDS"]), cap_seconds=int(os.environ["CHECK_CAP_SECONDS"])
    )


_owner = f"worker-{uuid4()}"
_store = RunStore(_dynamodb, os.environ["TABLE_NAME"])
_payloads = PayloadBucket(
    cache(lambda: _session.create_client("s3", config=_config)), os.environ["PAYLOAD_BUCKET_NAME"]
)
_announcements = Announcements(_session.create_client("events", config=_config), logger)
_providers: Mapping[Kind, Provider] = {"response": Responses(cache(_openai_client))}
_calls = Calls(_store, _payloads, load_catalog(), Queue(_sqs, os.environ["TOOL_QUEUE_URL"]))
_checks = Checks({"response": _schedule()}, _store, Queue(_sqs, os.environ["RUN_QUEUE_URL"]))
_turns = Turns(
    store=_store,
    payloads=_payloads,
    providers=_providers,
    catalog=load_catalog(),
    calls=_calls,
    checks=_checks,
    announcements=_announcements,
    owner=_owner,
    logger=logger,
    metrics=metrics,
)
_engine = Engine(
    store=_store,
    payloads=_payloads,
    turns=_turns,
    calls=_calls,
    checks=_checks,
    announcements=_announcements,
    logger=logger,
    metrics=metrics,
)
_dispatcher = Dispatcher(
    engine=_engine,
    store=_store,
    providers=_providers,
    deliveries=DeliveryLedger(_dynamodb, os.environ["TABLE_NAME"]),
    announcements=_announcements,
    owner=_owner,
)
_batch = Batch(_sqs, os.environ["RUN_QUEUE_URL"], logger, metrics, seconds_for_one=SECONDS_FOR_ONE_MESSAGE)


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Handle an SQS batch of the run queue; answers with the records that must come back."""
    return _batch.process(event, context, _dispatcher.handle)
