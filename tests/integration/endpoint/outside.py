"""What EndpointFunction meets: OpenAI, the stack's own webhook route, and CloudFormation, all over HTTP."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import httpx2
import openai
from contracts import instant
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.harness.gateway import proxy_event
from tests.integration.local_aws import WEBHOOK_SECRET_NAME, Deployed

KEY = "sk-of-the-project"
WANTED = {
    *(f"response.{word}" for word in ("completed", "failed", "incomplete", "cancelled")),
    *(f"agent.session.{word}" for word in ("created", "in_progress", "action_required", "idle", "failed")),
}


@dataclass
class Outside:
    """A server of the stack's own: its webhook route, and the URL that CloudFormation wants its answers at.

    Attributes:
        webhook: The function behind the route.
        statuses: What CloudFormation's URL answers next, then 200.
    """

    webhook: Deployed
    url: str = ""
    answers: list[dict[str, Any]] = field(default_factory=list)
    content_types: list[str | None] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/webhooks/openai", self.receive, methods=["POST"]),
                Route("/answer", self.take_answer, methods=["PUT"]),
            ]
        )

    async def receive(self, request: Request) -> Response:
        event = proxy_event(
            request.method, request.url.path, headers=request.headers.items(), body=await request.body()
        )
        answer = self.webhook(event)
        return Response(answer.get("body", ""), status_code=answer["statusCode"])

    async def take_answer(self, request: Request) -> Response:
        status = self.statuses.pop(0) if self.statuses else 200
        if status == 200:
            self.answers.append(json.loads(await request.body()))
            self.content_types.append(request.headers.get("content-type"))
        return Response(status_code=status)


@dataclass
class OpenAI:
    """The simulator, as a person sees it who looks at the project's endpoints."""

    url: str
    client: openai.OpenAI

    @property
    def endpoints(self) -> list[Any]:
        return list(self.client.webhooks.list())

    @property
    def endpoint(self) -> Any:
        (only,) = self.endpoints
        return only

    def faults(self, *paths: str, method: str = "POST", **api: float) -> None:
        wanted = {"api": {**api, "paths": list(paths), "methods": [method]}} if api else {}
        httpx2.put(f"{self.url}/_sim/faults", json=wanted).raise_for_status()


@dataclass
class Function:
    """EndpointFunction, and what stands in its secrets.

    Attributes:
        stack_status: As CloudFormation has it; nothing, and it does not answer.
    """

    deployed: Deployed
    aws: SimpleNamespace
    outside: Outside
    stack_status: str | None = "DELETE_IN_PROGRESS"

    def __call__(self, action: str) -> dict[str, Any]:
        return self.deployed({"action": action})

    def ask(self, request_type: str, *, seconds: float = 60, **more: Any) -> dict[str, Any]:
        """Have CloudFormation ask, and give the answer that it got."""
        before = len(self.outside.answers)
        request = {
            "RequestType": request_type,
            "ResponseURL": f"{self.outside.url}/answer",
            "StackId": "arn:aws:cloudformation:eu-west-1:123456789012:stack/runrelay/1",
            "RequestId": "request-1",
            "LogicalResourceId": "WebhookEndpoint",
            **more,
        }
        context = SimpleNamespace(get_remaining_time_in_millis=lambda: seconds * 1000)
        self.deployed(request, context)
        (answer,) = self.outside.answers[before:]
        return answer

    def describe_stack(self, params: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        """Answer in CloudFormation's place, which moto has not without cfn-lint and Docker's SDK."""
        assert "stack%2Frunrelay%2F1" in str(params["body"]) or "stack/runrelay/1" in str(params["body"])
        if self.stack_status is None:
            return SimpleNamespace(status_code=403), {"Error": {"Code": "AccessDenied", "Message": "no"}}
        return SimpleNamespace(status_code=200), {"Stacks": [{"StackStatus": self.stack_status}]}

    @property
    def secrets(self) -> list[str]:
        answer = self.aws.secretsmanager.get_secret_value(SecretId=WEBHOOK_SECRET_NAME)
        return str(answer["SecretString"]).split()

    def later(self, **time: float) -> None:
        """Have its clock go on."""
        self.deployed.app._now.skip(timedelta(**time))


@dataclass
class Clock:
    """A clock that can be moved."""

    moved: timedelta = timedelta()

    def __call__(self) -> Any:
        return instant.now() + self.moved

    def skip(self, time: timedelta) -> None:
        self.moved += time
