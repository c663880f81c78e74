"""Run one event through a function in a container, with the running local stack as its AWS and its OpenAI."""

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from runrelay.stack import Stack
from tasks import ministack
from tasks.artifact import host_architecture
from tasks.checkout import SAM
from tasks.container_access import container_access
from tasks.package import with_code
from tasks.program import failed, run

LOOPBACK: Final = re.compile(r"//(127\.0\.0\.1|localhost):")


@dataclass(frozen=True)
class Invocation:
    """One event for one function, by its logical id in the template."""

    function: str
    event: Mapping[str, Any]
    log: Path

    def run(self, stack: Stack, template: Path) -> dict[str, Any]:
        """Run `sam local invoke` with the deployed function's own environment and role.

        Raises:
            CommandError: There is no Docker engine, or the function raised, timed out or answered no JSON.
        """
        servers = [urlsplit(url).port or 0 for url in (stack.aws_endpoint_url, stack.simulator_url)]
        with container_access(servers) as host, tempfile.TemporaryDirectory() as name:
            directory = Path(name)
            files = {
                "event.json": self.event,
                "environment.json": {"Parameters": self._environment(stack, host)},
                "template.yaml": _with_endpoint(template),
            }
            for file, content in files.items():
                (directory / file).write_text(json.dumps(content))
            run(
                [
                    *(SAM, "local", "invoke", self.function, "--template", directory / "template.yaml"),
                    *("--event", directory / "event.json", "--env-vars", directory / "environment.json"),
                    *("--parameter-overrides", f"Architecture={host_architecture()}"),
                    *("--skip-pull-image", "--region", stack.region),
                ],
                log=self.log,
                output=directory / "answer",
                environment={**ministack.shell_environment(stack.aws_endpoint_url), **self._role(stack)},
            )
            return self._answer((directory / "answer").read_text())

    def _environment(self, stack: Stack, host: str) -> dict[str, str]:
        """Take the deployed function's environment; what is at loopback is at another host in a container."""
        variables = self._configuration(stack)["Environment"]["Variables"]
        here = variables | {"AWS_ENDPOINT_URL": stack.aws_endpoint_url}
        return {name: LOOPBACK.sub(f"//{host}:", value) for name, value in here.items()}

    def _role(self, stack: Stack) -> dict[str, str]:
        role = self._configuration(stack)["Role"]
        session = stack.client("sts").assume_role(RoleArn=role, RoleSessionName=self.function)["Credentials"]
        return {
            "AWS_ACCESS_KEY_ID": session["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": session["SecretAccessKey"],
            "AWS_SESSION_TOKEN": session["SessionToken"],
        }

    def _configuration(self, stack: Stack) -> dict[str, Any]:
        resource = stack.client("cloudformation").describe_stack_resource(
            StackName=stack.stack_name, LogicalResourceId=self.function
        )
        name = resource["StackResourceDetail"]["PhysicalResourceId"]
        configuration: dict[str, Any] = stack.client("lambda").get_function_configuration(FunctionName=name)
        return configuration

    def _answer(self, text: str) -> dict[str, Any]:
        try:
            answer = json.loads(text)
        except json.JSONDecodeError as error:
            raise failed(f"{self.function} answered no JSON.", self.log) from error
        if not isinstance(answer, dict) or "errorType" in answer:
            raise failed(f"{self.function} failed: {text}", self.log)
        return answer


def _with_endpoint(template: Path) -> dict[str, Any]:
    """Declare `AWS_ENDPOINT_URL` for every function: SAM passes no variable the template does not name."""
    content = with_code(template, lambda folder: folder)
    content["Globals"]["Function"]["Environment"]["Variables"]["AWS_ENDPOINT_URL"] = ""
    return content
