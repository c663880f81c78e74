"""Build for Lambda and deploy to the AWS account of the current credentials."""

import argparse
import os
import subprocess

import boto3

from runrelay.command_line import CommandError
from tasks.checkout import ROOT, SAM
from tasks.parameters import add_parameters
from tasks.team.build import built
from tasks.team.folder import add_tools, given


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_parameters(parser)
    add_tools(parser)
    parser.add_argument("--architecture", choices=["arm64", "x86_64"], default="arm64")


def run(arguments: argparse.Namespace) -> int:
    session = boto3.Session()
    if session.region_name is None or session.get_credentials() is None:
        raise CommandError(
            "There are no AWS credentials or no region here. Set AWS_PROFILE, or run `aws configure`; then\n"
            "`make deploy`, or, to be asked for everything:\n"
            "make build ARCHITECTURE=arm64 && .local/sam/bin/sam deploy --guided"
        )
    parameters = {"Architecture": arguments.architecture, **dict(arguments.parameters)}
    overrides = [f"{name}={value}" for name, value in parameters.items()]
    with built(arguments.architecture, given(arguments), parameters) as template:
        environment = {**os.environ, "SAM_CLI_TELEMETRY": "0"}
        return subprocess.run(
            [SAM, "deploy", "--template-file", template, "--parameter-overrides", *overrides],
            cwd=ROOT,
            env=environment,
            check=False,
        ).returncode
