import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any

import pytest

from tests.harness.gateway import proxy_event
from tests.integration import local_aws
from tests.integration.local_aws import Deployed


@dataclass(frozen=True)
class Answer:
    """What a client gets."""

    status: int
    headers: dict[str, str]
    body: str

    @cached_property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Api:
    """ApiFunction behind its HTTP API."""

    deployed: Deployed

    def get(self, path: str, query: str = "") -> Answer:
        return self.send("GET", path, query=query)

    def post(self, path: str, body: Any, *, key: str | None = None) -> Answer:
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        return self.send("POST", path, body=json.dumps(body).encode(), headers=headers)

    def send(
        self,
        method: str,
        path: str,
        *,
        query: str = "",
        body: bytes = b"",
        headers: dict[str, str] | None = None,
    ) -> Answer:
        given = (headers or {}).items()
        return self.answer(proxy_event(method, path, headers=given, body=body, query=query))

    def answer(self, event: dict[str, Any]) -> Answer:
        answer = self.deployed(event)
        raw = answer.get("headers", {}) | {k: v[0] for k, v in answer.get("multiValueHeaders", {}).items()}
        headers = {name.lower(): value for name, value in raw.items()}
        return Answer(answer["statusCode"], headers, answer.get("body", ""))


@pytest.fixture
def aws() -> Iterator[SimpleNamespace]:
    with local_aws.aws() as clients:
        yield clients


@pytest.fixture(scope="session")
def _instance() -> Deployed:
    deployed = local_aws.start("ApiFunction")
    starter = deployed.app._starter
    with local_aws.credentials():
        clients = (starter.store._dynamodb, starter.payloads._s3(), starter.run_queue._sqs)
    deployed.watch(*clients)
    return deployed


@pytest.fixture
def deployed(aws: SimpleNamespace, _instance: Deployed) -> Deployed:
    _instance.faults.clear()
    _instance.requests.clear()
    _instance.output.seek(0)
    _instance.output.truncate()
    return _instance


@pytest.fixture
def api(deployed: Deployed) -> Api:
    return Api(deployed)


@pytest.fixture(scope="session")
def _other_instance() -> Deployed:
    return local_aws.start("ApiFunction")


@pytest.fixture
def rival(aws: SimpleNamespace, _other_instance: Deployed) -> Api:
    """Another instance, which serves another request in the meantime."""
    return Api(_other_instance)
