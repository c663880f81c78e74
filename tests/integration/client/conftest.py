from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from api_server import ApiServer, serving

from runrelay import Runrelay
from tests.integration import local_aws
from tests.integration.local_aws import Deployed


@pytest.fixture
def aws() -> Iterator[SimpleNamespace]:
    with local_aws.aws() as clients:
        yield clients


@pytest.fixture(scope="session")
def _instance() -> Deployed:
    return local_aws.start("ApiFunction")


@pytest.fixture
def server(aws: SimpleNamespace, _instance: Deployed, socket_enabled) -> Iterator[ApiServer]:
    """The real API function, over HTTP."""
    with serving(_instance) as api:
        yield api


@pytest.fixture
def client(server: ApiServer) -> Iterator[Runrelay]:
    with Runrelay(url=server.url) as client:
        yield client
