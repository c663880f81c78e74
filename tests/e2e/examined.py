"""A stack that `runrelay doctor` looks at, and what is done to it by hand."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from functools import cached_property
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx2
import pytest

from runrelay.__main__ import main
from runrelay.stack import Stack

CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


class Bench:
    """A stack, and what is done to it by hand."""

    def __init__(self, stack: Stack, capsys: pytest.CaptureFixture[str], directory: Path) -> None:
        self.stack, self._capsys, self._directory = stack, capsys, directory

    def doctor(self) -> tuple[int, list[dict[str, Any]]]:
        self._capsys.readouterr()
        code = main(["doctor", "--json", "--directory", str(self._directory)])
        answer = self._capsys.readouterr().out
        assert not any(secret in answer for secret in (self.stack.openai_api_key, "whsec_")), "a secret"
        return code, json.loads(answer)

    def ills(self) -> dict[str, dict[str, Any]]:
        """Give what is not well, by its name; the exit code says whether anything is."""
        code, findings = self.doctor()
        ills = {each["name"]: each for each in findings if not each["is_well"]}
        assert code == (1 if ills else 0)
        return ills

    def client(self, service: str) -> Any:
        return self.stack.client(service)

    @cached_property
    def outputs(self) -> Mapping[str, str]:
        cloudformation = self.client("cloudformation")
        (stack,) = cloudformation.describe_stacks(StackName=self.stack.stack_name)["Stacks"]
        return {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}

    def openai(self, method: str, path: str = "", **body: Any) -> Any:
        """Ask for what is below the webhook endpoints of the project."""
        headers = {"authorization": f"Bearer {self.stack.openai_api_key}"}
        url = f"{self.stack.simulator_url}/v1/webhook_endpoints{path}"
        sent = {"json": body} if body else {}
        with httpx2.Client(trust_env=False) as http:
            answer = http.request(method, url, headers=headers, **sent)
        answer.raise_for_status()
        return answer.json()

    def endpoint_path(self) -> str:
        (endpoint,) = self.openai("GET")["data"]
        return f"/{endpoint['id']}"

    def register(self) -> None:
        assert main(["webhook", "register", "--directory", str(self._directory)]) == 0

    @contextmanager
    def secret(self, output: str, value: str) -> Iterator[None]:
        """Have another value in a secret."""
        secrets_manager, name = self.client("secretsmanager"), self.outputs[output]
        before = secrets_manager.get_secret_value(SecretId=name)["SecretString"]
        secrets_manager.put_secret_value(SecretId=name, SecretString=value)
        try:
            yield
        finally:
            secrets_manager.put_secret_value(SecretId=name, SecretString=before)


class Yesterday(BaseHTTPRequestHandler):
    """Refuses what is not signed, as WebhookFunction does, by a clock that is a day slow."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(HTTPStatus.UNAUTHORIZED)
        self.end_headers()

    def date_time_string(self, timestamp: float | None = None) -> str:
        return formatdate((datetime.now(UTC) - timedelta(days=1)).timestamp(), usegmt=True)


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port, and give the URL."""
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def crockford(moment: datetime) -> str:
    """Write a moment as a ULID begins."""
    milliseconds = int(moment.timestamp() * 1000)
    return "".join(CROCKFORD[milliseconds >> shift & 31] for shift in range(45, -1, -5))
