from collections.abc import Callable, Iterator
from types import SimpleNamespace

import pytest

from tests.integration import local_aws
from tests.integration.local_aws import WEBHOOK_SECRET_NAME, Deployed
from tests.unit.webhook.openai_sender import SECRET


@pytest.fixture
def aws() -> Iterator[SimpleNamespace]:
    with local_aws.aws() as clients:
        clients.secretsmanager.create_secret(Name=WEBHOOK_SECRET_NAME, SecretString=SECRET)
        yield clients


@pytest.fixture
def start_webhook(aws: SimpleNamespace) -> Callable[..., Deployed]:
    """Start a cold instance of WebhookFunction."""

    def start(**environment: str) -> Deployed:
        deployed = local_aws.start("WebhookFunction", **environment)
        intake = deployed.app._intake
        deployed.watch(intake.queue._sqs, intake.secrets._secrets_manager)
        return deployed

    return start


@pytest.fixture
def webhook(start_webhook: Callable[..., Deployed]) -> Deployed:
    return start_webhook()
