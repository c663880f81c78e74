"""Build for Lambda and deploy to the AWS account of the current credentials."""

import argparse
import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import boto3
import yaml
from botocore.exceptions import BotoCoreError, ClientError

from runrelay.command_line import CommandError
from runrelay.progress import console, step
from tasks import deployed_stack, openai_key, table_indexes
from tasks.checkout import ROOT, SAM
from tasks.environments import CONFIG, Environment
from tasks.parameters import add_parameters
from tasks.team.build import built
from tasks.team.folder import add_tools, given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_parameters(parser)
    add_tools(parser)
    parser.add_argument("--environment", default="dev", help="which of samconfig.toml (default: dev)")
    parser.add_argument(
        "--architecture", choices=["arm64", "x86_64"], help="default: as the environment says"
    )


def run(arguments: argparse.Namespace) -> int:
    environment = Environment.read(arguments.environment)
    parameters = {**environment.parameters, **dict(arguments.parameters)}
    if arguments.architecture:
        parameters["Architecture"] = arguments.architecture
    account, region = _destination()

    console.print(f"{environment.stack_name} to account {account} in {region}", soft_wrap=True)
    cloudformation = boto3.client("cloudformation", region_name=region)
    stack = deployed_stack.described(cloudformation, environment.stack_name)
    if stack:
        deployed_stack.refuse_unless_ready(stack)
    parameters |= openai_key.provide(
        openai_key.given_key(),
        stack_name=environment.stack_name,
        given=parameters,
        stack=stack,
        secrets_manager=boto3.client("secretsmanager", region_name=region),
    )
    with built(parameters.get("Architecture", "arm64"), given(arguments), parameters) as template:
        if deployed_stack.is_finished(stack):
            status = _prepare_table(environment, template, region, stack)
            if status:
                return status
        return _deploy(environment, template, region, parameters)


def _destination() -> tuple[str, str]:
    """Say which account and region a deploy would reach.

    Raises:
        CommandError: There is no region, or there are no credentials, or AWS does not take them.
    """
    session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
    if session.region_name is None:
        raise CommandError("There is no AWS region here: set AWS_REGION, or `region` in your profile.")
    if session.get_credentials() is None:
        raise CommandError("There are no AWS credentials here: set AWS_PROFILE, or run `aws configure`.")
    try:
        account: str = session.client("sts").get_caller_identity()["Account"]
    except (BotoCoreError, ClientError) as error:
        raise CommandError(f"AWS does not take the credentials that are here: {error}") from error
    return account, session.region_name


def _prepare_table(environment: Environment, template: Path, region: str, stack: Mapping[str, Any]) -> int:
    """Deploy what of the table's indexes does not go with the rest, and give the exit code.

    Args:
        template: What is to be deployed after it.
        stack: As it is, by DescribeStacks.
    """
    cloudformation = boto3.client("cloudformation", region_name=region)
    now = deployed_stack.template(cloudformation, environment.stack_name)
    wanted = yaml.safe_load(template.read_text())
    planned = table_indexes.plan(now, wanted)
    if not planned:
        return 0
    name = deployed_stack.physical_name(cloudformation, environment.stack_name, table_indexes.TABLE)
    dynamodb = boto3.client("dynamodb", region_name=region)
    table_indexes.refuse_hand_made(planned, dynamodb.describe_table(TableName=name)["Table"])

    for number, change in enumerate(planned[:-1], start=1):
        console.print(f"Before the rest, {number} of {len(planned) - 1}: {change}", soft_wrap=True)
        with TemporaryDirectory() as directory:
            step_template = Path(directory) / "template.json"
            changed = table_indexes.with_indexes(now, wanted, change.indexes)
            # YAML has dates, and may have read the template's format version as one
            step_template.write_text(json.dumps(changed, default=str))
            if status := _deploy(environment, step_template, region, deployed_stack.kept_parameter(stack)):
                return status
        with step(f"Waiting until {name} has settled"):
            table_indexes.wait_until_settled(lambda: dynamodb.describe_table(TableName=name)["Table"])
    return 0


def _deploy(environment: Environment, template: Path, region: str, parameters: Mapping[str, str]) -> int:
    overrides = [f"{name}={value}" for name, value in parameters.items() if value]  # SAM takes no empty one
    return subprocess.run(
        [
            *(SAM, "deploy", "--template-file", template),
            # SAM would look for it beside the template
            *("--config-file", CONFIG, "--config-env", environment.name),
            *(("--parameter-overrides", *overrides) if overrides else ()),
        ],
        cwd=ROOT,
        env={**os.environ, "AWS_DEFAULT_REGION": region, "SAM_CLI_TELEMETRY": "0"},
        check=False,
    ).returncode
