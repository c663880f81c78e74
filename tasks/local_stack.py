"""The local stack: MiniStack with the real template deployed, and the simulator as OpenAI."""

import os
import secrets
import sys
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from types import TracebackType
from typing import Final

import httpx2

from runrelay import local_aws
from runrelay.progress import step
from runrelay.stack import Stack
from tasks import artifact, deployment, ministack, openai_key, package, scratch
from tasks.daemon import Daemon
from tasks.ports import free_ports
from tasks.program import failed
from tasks.renewal import Renewal
from tasks.team import build
from tasks.team.folder import TeamFolder

PATIENCE_SECONDS: Final = 30

INSTANCES: Final = {
    "WebhookConcurrency": "3",
    "WorkerConcurrency": "4",
    "ToolConcurrency": "4",
    "ApiConcurrency": "10",
}
"""Template parameters. Each instance of a function is a process here: unbounded, a burst takes all memory."""


class LocalStack:
    """One local stack, with all its state in one directory; another directory is another stack beside it."""

    def __init__(
        self,
        directory: Path,
        *,
        parameters: Mapping[str, str] | None = None,
        tools: TeamFolder | None = None,
        ministack_environment: Mapping[str, str] | None = None,
        simulator_environment: Mapping[str, str] | None = None,
    ) -> None:
        """Describe a stack; `start` starts it, and so does entering it as a context.

        Args:
            directory: Holds `stack.json`, the logs and the data.
            parameters: Template parameters, beside those that make it local.
            tools: A team's own; without them the sample tools are deployed.
            ministack_environment: Settings for MiniStack, which the functions inherit.
            simulator_environment: Settings for the simulator.
        """
        self.directory = directory.resolve()
        self.path = self.directory / "stack.json"
        self.logs = self.directory / "logs"
        self.parameters = dict(parameters or {})
        self.tools = tools
        self._ministack_environment = dict(ministack_environment or {})
        self._simulator_environment = dict(simulator_environment or {})
        self._children: list[Daemon] = []

    def __enter__(self) -> Stack:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def running(self) -> Stack | None:
        """Read what is up; nothing unless all of it is. The console is beside it, and may have ended.

        Of a stack whose file cannot be read nobody knows where it is: it is as good as none.
        """
        daemons = [Daemon.recorded(record) for record in self._records()]
        up = {daemon.name for daemon in daemons if daemon.is_running()}
        if not {"ministack", "simulator"} <= up:
            return None
        try:
            return Stack.read(self.path)
        except (OSError, TypeError, ValueError):
            return None

    def start(self, *, provider_key: str = "") -> Stack:
        """Build, deploy and start everything, or leave nothing running.

        Args:
            provider_key: For another server than the simulator (`OpenAIBaseUrl`), put into the secret alone.

        Raises:
            CommandError: A part did not come up; the message shows the end of its log.
        """
        self.stop()
        self.logs.mkdir(parents=True, exist_ok=True)
        try:
            return self._start(provider_key)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End what this directory's records name and drop its data; the logs stay."""
        for daemon in self._children:
            daemon.stop()
        self._children.clear()
        for record in self._records():
            Daemon.recorded(record).stop()
        self.path.unlink(missing_ok=True)
        scratch.drop(self.directory / "data")

    def update(self, stack: Stack) -> None:
        """Put changed code on what is running, by deploying again: addresses, data and runs stay.

        Raises:
            CommandError: It could not be built or deployed; the message shows the end of the log.
        """
        with self.built() as template, step("Deploying it to the stack"):
            packed = package.packed(template)
            self.deploy(packed, stack.aws_endpoint_url, stack.simulator_url)
            deployment.drop_unnamed_versions(stack.aws_endpoint_url)
            # What `runrelay dev` has put there CloudFormation knows nothing of: it may see nothing to change.
            Renewal(stack.aws_endpoint_url).renew(packed)

    def built(self) -> AbstractContextManager[Path]:
        """Build what is stale for it, and give the template."""
        return build.built(artifact.host_architecture(), self.tools, self.parameters)

    def deploy(self, template: Path, endpoint_url: str, simulator_url: str) -> dict[str, str]:
        """Deploy a packed template to a MiniStack, and give the stack's outputs."""
        local = {
            "Architecture": artifact.host_architecture(),
            "OpenAIBaseUrl": f"{simulator_url}/v1",
            "SampleShopUrl": simulator_url,
            "OpenAIApiKeySecretName": openai_key.secret_name(deployment.STACK_NAME),
        }
        log = self.logs / "sam-deploy.log"
        parameters = local | INSTANCES | self.parameters
        with deployment.deliveries_paused(endpoint_url):
            outputs = deployment.deploy(template, endpoint_url, parameters, log=log)
        deployment.open_routes(outputs["HttpApiId"], endpoint_url)
        deployment.open_bucket(outputs["PayloadBucketName"], endpoint_url)
        deployment.restore_numbers(endpoint_url)
        reserved = {f"{name}Function": int(parameters[f"{name}Concurrency"]) for name in ("Webhook", "Api")}
        deployment.point_at_latest(reserved, endpoint_url)
        deployment.restore_reservations(reserved, endpoint_url)
        return outputs

    def _start(self, provider_key: str) -> Stack:
        ministack_port, simulator_port = free_ports(2)
        endpoint_url = f"http://127.0.0.1:{ministack_port}"
        simulator_url = f"http://127.0.0.1:{simulator_port}"
        key = f"sk-local-{secrets.token_hex(16)}"

        with self.built() as template:
            with step("Starting MiniStack and the simulator"):
                self._start_ministack(ministack_port)
                self._start_simulator(simulator_port, key)
            with step("Deploying template.yaml to it"):
                secrets_manager = local_aws.client("secretsmanager", endpoint_url)
                if self._is_key_given_first():
                    name = openai_key.secret_name(deployment.STACK_NAME)
                    given = provider_key or key
                    openai_key.put(secrets_manager, name, given, stack_name=deployment.STACK_NAME)
                outputs = self.deploy(package.packed(template), endpoint_url, simulator_url)

        api_url = f"{endpoint_url}/_aws/execute-api/{outputs['HttpApiId']}"
        stack = Stack(
            api_url=api_url,
            webhook_url=f"{api_url}/webhooks/openai",
            simulator_url=simulator_url,
            webhook_secret=deployment.signing_secret(outputs["WebhookSecretName"], endpoint_url),
            aws_endpoint_url=endpoint_url,
            region=local_aws.REGION,
            table_name=outputs["TableName"],
            run_queue_url=outputs["RunQueueUrl"],
            tool_queue_url=outputs["ToolQueueUrl"],
            run_dead_letter_queue_url=outputs["RunDeadLetterQueueUrl"],
            tool_dead_letter_queue_url=outputs["ToolDeadLetterQueueUrl"],
            api_headers={},
            payload_bucket_name=outputs["PayloadBucketName"],
            http_api_id=outputs["HttpApiId"],
            stack_name=deployment.STACK_NAME,
            openai_api_key=key,
            parameters=self.parameters,
            pids={daemon.name: daemon.pid for daemon in self._children},
        )
        stack.write(self.path)
        return stack

    def _start_ministack(self, port: int) -> None:
        daemon = ministack.start(self.directory, port, self._ministack_environment)
        self._children.append(daemon)
        _wait_until_healthy(daemon, f"http://127.0.0.1:{port}/_ministack/ready")

    def _is_key_given_first(self) -> bool:
        """Say whether the stack finds a key, as with `make deploy`; without one it makes an empty secret."""
        return self.parameters.get("OpenAIApiKeySecretName") != ""

    def _start_simulator(self, port: int, key: str) -> None:
        daemon = Daemon.start(
            "simulator",
            [
                *(sys.executable, "-m", "simulator", "--host", "127.0.0.1", "--port", str(port)),
                *("--api-key", key, "--keep-endpoints"),
            ],
            directory=self.directory,
            environment={**os.environ, "NO_PROXY": "127.0.0.1,.localhost", **self._simulator_environment},
        )
        self._children.append(daemon)
        _wait_until_healthy(daemon, f"http://127.0.0.1:{port}/_sim/health")

    def _records(self) -> list[Path]:
        return sorted(self.directory.glob("*.pid.json"))


def _wait_until_healthy(daemon: Daemon, url: str) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while daemon.is_running() and time.monotonic() < give_up_at:
        with suppress(httpx2.TransportError):
            if httpx2.get(url, trust_env=False).is_success:
                return
        time.sleep(0.05)
    raise failed(f"{daemon.name} did not come up at {url}.", daemon.log)
