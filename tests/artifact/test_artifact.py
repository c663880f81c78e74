import json
import marshal
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

REPORT_IMPORTS = Path(__file__).parent / "report_imports.py"
UNCHECKED_HASH = 0b01  # PEP 552
LIBRARIES = {
    "WebhookFunction": ["aws_lambda_powertools", "boto3"],
    "ApiFunction": ["aws_lambda_powertools", "boto3", "pydantic"],
    "WorkerFunction": ["aws_lambda_powertools", "boto3", "openai"],
    "SweeperFunction": ["aws_lambda_powertools", "boto3"],
    "TraceFunction": ["aws_lambda_powertools", "boto3", "google.protobuf", "opentelemetry.proto", "urllib3"],
    "ToolFunction": ["aws_lambda_powertools", "boto3", "httpx2", "pydantic"],
    "EndpointFunction": ["aws_lambda_powertools", "boto3", "httpx2", "openai"],
}
SERVICES = {
    "WebhookFunction": {"secretsmanager", "sqs"},
    "ApiFunction": {"dynamodb", "s3", "sqs"},
    "WorkerFunction": {"dynamodb", "events", "s3", "secretsmanager", "sqs"},
    "SweeperFunction": {"dynamodb", "sqs"},
    "TraceFunction": {"dynamodb", "secretsmanager"},
    "ToolFunction": {"dynamodb", "lambda", "s3", "secretsmanager", "sqs"},
    "EndpointFunction": {"cloudformation", "secretsmanager"},
}
MEGABYTES = {
    "WebhookFunction": 8,
    "ApiFunction": 17,
    "WorkerFunction": 29,
    "SweeperFunction": 8,
    "TraceFunction": 11,
    "ToolFunction": 19,
    "EndpointFunction": 27,
}
"""What they are, unpacked, and a little more; they were 36 to 68 before `tasks.slimming`."""

each_function = pytest.mark.parametrize("function", LIBRARIES)


@each_function
def test_a_handler_imports_with_nothing_but_its_artifact(artifact: Path, function: str):
    report = loaded(artifact, function)

    assert handler_module(artifact, function) in report["bytecode"]


@each_function
def test_no_module_of_the_artifact_is_compiled_when_it_is_imported(artifact: Path, function: str):
    report = loaded(artifact, function)

    assert set(modules_of(artifact, function)) <= report["bytecode"].keys()
    assert report["compiled"] == []
    assert {flags(pyc) for pyc in report["bytecode"].values()} == {UNCHECKED_HASH}


@each_function
def test_a_handler_runs_its_bytecode_and_not_its_source(artifact: Path, function: str, tmp_path: Path):
    module = handler_module(artifact, function)
    shutil.copytree(artifact / function / "functions", tmp_path / "functions")
    source = tmp_path / f"{module.replace('.', '/')}.py"
    source.write_text("raise SystemExit('the source was run')")

    report = imports(artifact, function, [module], before=[tmp_path])

    assert report["bytecode"][module].startswith(str(tmp_path))


@each_function
def test_tracebacks_name_the_files_as_lambda_mounts_them(artifact: Path, function: str):
    module = handler_module(artifact, function)

    report = loaded(artifact, function)

    assert compiled_from(report["bytecode"][module]) == f"/var/task/{module.replace('.', '/')}.py"
    assert compiled_from(report["bytecode"]["contracts"]) == "/opt/python/contracts/__init__.py"


@each_function
def test_an_artifact_carries_the_services_that_its_function_calls_and_no_others(
    artifact: Path, function: str
):
    described = {each.name for each in (artifact / function / "botocore/data").iterdir() if each.is_dir()}

    assert described == SERVICES[function]


@pytest.mark.parametrize("function", sorted(LIBRARIES.keys() - {"TraceFunction"}))
def test_no_function_but_the_one_that_sends_traces_carries_or_loads_a_module_for_it(
    artifact: Path, function: str
):
    carried = {each.name for each in (artifact / function).iterdir()}
    report = loaded(artifact, function)

    assert not carried & {"google", "opentelemetry"}
    assert not [name for name in report["bytecode"] if name.startswith(("google.", "opentelemetry"))]


@each_function
def test_an_artifact_is_no_larger_than_it_has_to_be(artifact: Path, function: str):
    size = sum(each.stat().st_size for each in (artifact / function).rglob("*") if each.is_file())

    assert size <= MEGABYTES[function] * 1_000_000


REQUESTS = {
    "cloudformation": ("describe_stacks", {"StackName": "a"}),
    "dynamodb": ("get_item", {"TableName": "a", "Key": {"pk": {"S": "a"}}}),
    "events": ("put_events", {"Entries": [{"Source": "a", "DetailType": "b", "Detail": "{}"}]}),
    "lambda": ("invoke", {"FunctionName": "a"}),
    "s3": ("put_object", {"Bucket": "a", "Key": "b", "Body": b"c"}),
    "secretsmanager": ("get_secret_value", {"SecretId": "a"}),
    "sqs": ("send_message", {"QueueUrl": "http://127.0.0.1:9/a", "MessageBody": "b"}),
}
SENDING = """
import sys
sys.path.insert(0, {folder!r})
import botocore.session
from botocore.config import Config
from botocore.exceptions import EndpointConnectionError
config = Config(retries={{"total_max_attempts": 1}})
for service, (operation, words) in {requests!r}.items():
    client = botocore.session.get_session().create_client(
        service, "eu-central-1", endpoint_url="http://127.0.0.1:9", config=config,
        aws_access_key_id="none", aws_secret_access_key="none",
    )
    try:
        getattr(client, operation)(**words)
    except EndpointConnectionError:
        print(service)
"""
"""Sends a request to nobody, and names each service whose request was made and sent."""


@each_function
def test_what_an_artifact_knows_of_its_services_is_enough_to_send_a_request(artifact: Path, function: str):
    requests = {service: REQUESTS[service] for service in SERVICES[function]}
    program = SENDING.format(folder=str(artifact / function), requests=requests)

    sent = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program], capture_output=True, text=True, check=False
    )

    assert (set(sent.stdout.split()), sent.stderr) == (SERVICES[function], "")


@cache
def loaded(artifact: Path, function: str) -> dict[str, Any]:
    """Import a handler, and after it what it needs."""
    return imports(artifact, function, modules_of(artifact, function))


def imports(
    artifact: Path, function: str, modules: list[str], before: list[Path] | None = None
) -> dict[str, Any]:
    folders = [*(before or []), artifact / function, artifact / "ContractsLayer/python"]
    interpreter = [sys.executable, "-I", "-S", REPORT_IMPORTS]
    return json.loads(
        subprocess.run(
            [*interpreter, ":".join(map(str, folders)), *modules],
            env=settings(artifact, function),
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
    )


def settings(artifact: Path, function: str) -> dict[str, str]:
    """What Lambda gives the function: parameters by their defaults, and resources that lead nowhere."""
    template = built_template(artifact)
    functions = template["Globals"]["Function"], template["Resources"][function]["Properties"]
    defaults = {
        name: str(parameter["Default"])
        for name, parameter in template["Parameters"].items()
        if "Default" in parameter
    }

    def value(setting: str | dict[str, Any]) -> str:
        if isinstance(setting, str):
            return setting
        return defaults.get(setting.get("Ref", ""), "https://nowhere.invalid")

    variables = {
        name: value(setting)
        for each in functions
        for name, setting in each["Environment"]["Variables"].items()
    }
    return variables | {"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "eu-west-1"}


def modules_of(artifact: Path, function: str) -> list[str]:
    return [handler_module(artifact, function), "contracts", *LIBRARIES[function]]


def handler_module(artifact: Path, function: str) -> str:
    handler: str = built_template(artifact)["Resources"][function]["Properties"]["Handler"]
    return handler.rpartition(".")[0]


def built_template(artifact: Path) -> dict[str, Any]:
    return yaml.safe_load((artifact / "template.yaml").read_text())


def flags(pyc: str) -> int:
    return int.from_bytes(Path(pyc).read_bytes()[4:8], "little")


def compiled_from(pyc: str) -> str:
    return marshal.loads(Path(pyc).read_bytes()[16:]).co_filename
