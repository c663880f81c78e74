import os
import subprocess
import sys

import pytest

from tests.harness.template import REGION, Template

CREDENTIALS = {"AWS_ACCESS_KEY_ID": "none", "AWS_SECRET_ACCESS_KEY": "none"}
FORBIDDEN = {
    "WebhookFunction": [
        "openai",
        "pydantic",
        "aws_lambda_powertools.event_handler",
        "boto3",
        "botocore.client",  # Powertools asks for the package alone
        "urllib3",
        "functions.worker",
    ],
    "ApiFunction": ["openai", "functions.worker", "functions.tools"],
    "WorkerFunction": ["functions.tools", "functions.api", "botocore.client"],
    "ToolFunction": ["openai", "functions.worker", "functions.api"],
}


@pytest.mark.parametrize("function", FORBIDDEN)
def test_a_function_does_not_load_what_its_start_up_has_no_time_for(function: str):
    template = Template({})
    module = template.properties(function)["Handler"].rpartition(".")[0]

    loaded = modules_after_importing(module, template.environment(function))

    assert module in loaded
    assert [name for name in FORBIDDEN[function] if name in loaded] == []


def modules_after_importing(module: str, environment: dict[str, str]) -> set[str]:
    program = f"import sys, {module}; print('modules:', *sys.modules)"
    printed = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, **CREDENTIALS, **environment, "AWS_DEFAULT_REGION": REGION},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return set(printed.partition("modules: ")[2].split())
