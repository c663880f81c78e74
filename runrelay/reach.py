"""The Runrelay that a command is about: the local stack, or one deployed on AWS."""

import argparse
from pathlib import Path

import boto3

from runrelay.command_line import CommandError
from runrelay.stack import Stack


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Have a command told which one."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stack-name", metavar="NAME", help="a CloudFormation stack on AWS")
    where.add_argument(
        "--directory", type=Path, default=Path(".local"), help="of the local stack (default: .local)"
    )


def local_stack(directory: Path) -> Stack:
    """Find the local stack.

    Raises:
        CommandError: There is none, or none that this checkout started.
    """
    path = directory / "stack.json"
    if not path.exists():
        raise CommandError(
            f"No local stack is up ({path} is not there): `make up` starts one.\n"
            "For one on AWS, name its CloudFormation stack: --stack-name NAME"
        )
    try:
        return Stack.read(path)
    except (TypeError, ValueError) as error:
        raise CommandError(f"{path} is of another version: `make down up` starts a stack anew.") from error


def aws_session() -> boto3.Session:
    """Make a session with the credentials and the region of the environment.

    Raises:
        CommandError: There are no credentials or no region.
    """
    session = boto3.Session()
    if session.region_name is None or session.get_credentials() is None:
        missing = "is no AWS region" if session.region_name is None else "are no AWS credentials"
        raise CommandError(
            f"There {missing} here. Set AWS_PROFILE, or AWS_DEFAULT_REGION and keys, or run `aws configure`."
        )
    return session
