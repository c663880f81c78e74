"""The release before this one, built from its own sources out of the history of this repository."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx2
from runrelay_client import outputs_of

from runrelay.stack import Stack
from tasks import package
from tasks.checkout import LOCAL, ROOT
from tasks.local_stack import LocalStack

VERSION, COMMIT = "0.1.0", "2cf745ceac239c2653cab8a125e7421f96ca9d46"

SUBSCRIBED = [
    *(f"response.{word}" for word in ("completed", "failed", "incomplete", "cancelled")),
    *(f"agent.session.{word}" for word in ("created", "in_progress", "action_required", "idle", "failed")),
]


def is_in_history() -> bool:
    """Say whether there is that much history: a shallow clone has none."""
    known = ["git", "cat-file", "-e", f"{COMMIT}^{{commit}}"]
    return subprocess.run(known, cwd=ROOT, check=False, capture_output=True).returncode == 0


def built() -> Path:
    """Build it, unless it was before, and give its template."""
    folder = LOCAL / "releases" / VERSION
    template = folder / ".aws-sam/build/template.yaml"
    if package.packed(template).exists():
        return template
    (folder / ".local").mkdir(parents=True)
    sources = subprocess.run(["git", "archive", COMMIT], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(["tar", "x", "-C", folder], input=sources, check=True)
    (folder / ".local/sam").symlink_to(LOCAL / "sam")
    (folder / ".aws-sam").mkdir()
    program = "from tasks import artifact; artifact.build(artifact.host_architecture())"
    own = {**os.environ, "PYTHONPATH": str(folder)}
    subprocess.run([sys.executable, "-c", program], cwd=folder, env=own, check=True)
    return template


class PreviousRelease(LocalStack):
    """A local stack on which it is deployed, with the endpoint at OpenAI made by hand, as it asked for."""

    def __init__(self, directory: Path, *, parameters: Mapping[str, str]) -> None:
        """Describe the stack.

        Args:
            parameters: The stack's; the key is in its own secret, which is all that the release knows.
        """
        super().__init__(directory, parameters={"OpenAIApiKeySecretName": "", **parameters})

    @contextmanager
    def built(self) -> Iterator[Path]:
        yield built()

    def __enter__(self) -> Stack:
        stack = self.start()
        outputs = outputs_of(stack)
        endpoint = {"name": "by hand", "url": outputs["WebhookUrl"], "event_types": SUBSCRIBED}
        made = httpx2.post(
            f"{stack.simulator_url}/v1/webhook_endpoints",
            json=endpoint,
            headers={"authorization": f"Bearer {stack.openai_api_key}"},
            trust_env=False,
        ).raise_for_status()
        secrets = stack.client("secretsmanager")
        for name, secret in (
            (outputs["OpenAIApiKeySecretName"], stack.openai_api_key),
            (outputs["WebhookSecretName"], made.json()["signing_secret"]),
        ):
            secrets.put_secret_value(SecretId=name, SecretString=secret)
        return stack
