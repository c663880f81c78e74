from collections.abc import Callable, Iterator
from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

import openai
import pytest

from simulator.app import create_app
from simulator.serving import served
from tests.harness.template import STACK
from tests.integration import local_aws
from tests.integration.endpoint.outside import KEY, Clock, Function, OpenAI, Outside
from tests.integration.local_aws import WEBHOOK_SECRET_NAME


@pytest.fixture(autouse=True)
def _loopback(socket_enabled):
    """OpenAI, the webhook route and CloudFormation are spoken to over real sockets."""


@pytest.fixture
def aws() -> Iterator[SimpleNamespace]:
    with local_aws.aws() as clients:
        clients.secretsmanager.create_secret(Name=WEBHOOK_SECRET_NAME)
        clients.secretsmanager.create_secret(Name=f"{STACK}/openai-api-key", SecretString=KEY)
        yield clients


@pytest.fixture
def outside(aws: SimpleNamespace) -> Iterator[Outside]:
    outside = Outside(local_aws.start("WebhookFunction"))
    with served(outside.app()) as outside.url:
        yield outside


@pytest.fixture
def start_openai() -> Iterator[Callable[..., OpenAI]]:
    """Start a simulator, with what it is made with."""
    with ExitStack() as running:

        def start(**options: Any) -> OpenAI:
            url = running.enter_context(served(create_app(api_key=KEY, **options)))
            client = openai.OpenAI(base_url=f"{url}/v1", api_key=KEY, max_retries=0)
            return OpenAI(url, running.enter_context(client))

        yield start


@pytest.fixture
def simulated(start_openai: Callable[..., OpenAI]) -> OpenAI:
    return start_openai()


@pytest.fixture
def start(aws: SimpleNamespace, outside: Outside) -> Callable[..., Function]:
    """Start a cold instance of EndpointFunction."""

    def start(simulated: OpenAI, **environment: str) -> Function:
        deployed = local_aws.start(
            "EndpointFunction",
            **{
                "WEBHOOK_URL": f"{outside.url}/webhooks/openai",
                "OPENAI_BASE_URL": f"{simulated.url}/v1",
                **environment,
            },
        )
        deployed.watch(deployed.app._secrets_manager)
        deployed.app._now = Clock()
        function = Function(deployed, aws, outside)
        events = deployed.app._own_stack._cloudformation().meta.events
        events.register("before-call.cloudformation.DescribeStacks", function.describe_stack)
        return function

    return start


@pytest.fixture
def function(start: Callable[..., Function], simulated: OpenAI) -> Function:
    return start(simulated)
