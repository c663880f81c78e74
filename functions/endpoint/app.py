"""EndpointFunction: what CloudFormation, a command or the schedule wants of the endpoint at OpenAI."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import Any

import botocore.session
import httpx2
import openai
from aws_lambda_powertools.utilities.typing import LambdaContext
from botocore.config import Config
from contracts import instant
from contracts.error_facts import facts_of
from contracts.signals import stack_logger, stack_metrics

from functions.endpoint.actions import Actions
from functions.endpoint.api_key import read_api_key
from functions.endpoint.custom_resource import answer_request
from functions.endpoint.openai_webhooks import OpenAIWebhooks
from functions.endpoint.own_stack import OwnStack
from functions.endpoint.registration import Registration, Settings
from functions.endpoint.secret_store import SecretStore

ATTEMPTS_TO_ANSWER = 3

logger = stack_logger()
metrics = stack_metrics()

_config = Config(connect_timeout=1, read_timeout=2, retries={"mode": "standard", "total_max_attempts": 2})
_session: Any = botocore.session.get_session()  # the clients it makes have no static types
_secrets_manager = _session.create_client("secretsmanager", config=_config)
_own_stack = OwnStack(cache(lambda: _session.create_client("cloudformation", config=_config)))
_store = SecretStore(_secrets_manager, os.environ["WEBHOOK_SECRET_NAME"])
_key_secret_name = os.environ["OPENAI_API_KEY_SECRET_NAME"]
_base_url = os.environ["OPENAI_BASE_URL"]
_settings = Settings(
    url=os.environ["WEBHOOK_URL"],
    name=os.environ["ENDPOINT_NAME"],
    rotates_after=timedelta(days=int(os.environ["WEBHOOK_ROTATION_DAYS"])) or None,
)
_now = instant.now


@contextmanager
def _registration() -> Iterator[Registration]:
    with openai.OpenAI(
        api_key=read_api_key(_secrets_manager, _key_secret_name),
        base_url=_base_url,
        max_retries=0,  # what was not done is found by the next look
        timeout=httpx2.Timeout(10, connect=3),
    ) as client:
        yield Registration(
            OpenAIWebhooks(client),
            _store,
            _settings,
            _now,
        )


_actions = Actions(_registration, _own_stack, logger, metrics)


def handler(event: Mapping[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer CloudFormation where it asks to be answered, and anybody else as a function does."""
    if "ResponseURL" not in event:
        return _actions.invoke(event).as_json()
    answer_request(
        event,
        context,
        _actions.of_cloudformation,
        physical_id=f"{_settings.name}/webhook-endpoint",
        send=_put,
    )
    return {}


def _put(url: str, document: bytes) -> None:
    """Put CloudFormation's answer where it wants it; it signed the request without a content type."""
    for attempt in range(1, ATTEMPTS_TO_ANSWER + 1):
        try:
            httpx2.put(url, content=document, headers={"content-type": ""}, timeout=3).raise_for_status()
        except Exception as error:  # noqa: BLE001 - it is the last that can be done
            logger.error("cloudformation not answered", extra={"attempt": attempt, **facts_of(error)})
        else:
            return
