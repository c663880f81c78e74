"""No line of EndpointFunction holds a key, a secret, a signed URL, or the words of somebody else."""

import ast
from pathlib import Path
from types import SimpleNamespace

import pytest
from botocore.exceptions import ClientError

import functions.endpoint
from tests.harness.template import STACK
from tests.integration.endpoint.outside import KEY, Function, OpenAI

FOLDER = Path(functions.endpoint.__file__).parent
PRIVATE = "tulip"
DENIED = ClientError({"Error": {"Code": "AccessDeniedException", "Message": PRIVATE}}, "PutSecretValue")


def test_no_log_line_of_the_endpoint_function_holds_anything_private(
    function: Function, simulated: OpenAI, caplog: pytest.LogCaptureFixture
):
    keys = [KEY, f"sk-{PRIVATE}"]
    function.ask("Create", ResourceProperties={PRIVATE: PRIVATE})
    function.stack_status = "UPDATE_ROLLBACK_IN_PROGRESS"
    function.ask("Delete")
    function("rotate")
    secrets = function.secrets
    function.aws.secretsmanager.put_secret_value(SecretId=f"{STACK}/openai-api-key", SecretString=keys[1])
    function("tend")
    function.aws.secretsmanager.put_secret_value(SecretId=f"{STACK}/openai-api-key", SecretString=KEY)
    simulated.faults("/webhook", method="GET", **{"503": 1})
    function("tend")
    simulated.faults()
    function.deployed.faults["PutSecretValue"] = DENIED
    function.later(hours=25)
    function("tend")
    function.deployed.app._actions._opened = lambda: {}[PRIVATE]
    context = SimpleNamespace(get_remaining_time_in_millis=lambda: 60_000)
    function.deployed({"RequestType": "Create", "ResponseURL": f"http://127.0.0.1:9/{PRIVATE}"}, context)

    said = function.deployed.output.getvalue()
    assert [each for each in (*keys, *secrets, PRIVATE) if each in said] == []
    assert log_lines() <= {(record.pathname, record.lineno) for record in caplog.records}


def log_lines() -> set[tuple[str, int]]:
    """Give where each of its log lines begins."""
    return {
        (str(module), node.lineno)
        for module in FOLDER.rglob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[0].endswith("logger")
    }
