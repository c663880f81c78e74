from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from api_server import KEY, SECRET, ApiServer, serving

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


@pytest.fixture
def environment(aws, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> pytest.MonkeyPatch:
    """Nothing of the machine's own: no stack, and the credentials that the tests say."""
    for name in ("RUNRELAY_STACK", "RUNRELAY_URL", "RUNRELAY_TOKEN", "AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(tmp_path)
    return monkeypatch


@pytest.fixture
def signed(server: ApiServer) -> ApiServer:
    """An API that lets in who signs."""
    server.keys[KEY] = SECRET
    return server
