"""Which Runrelay is meant, the local one or one on AWS, and what to say when it cannot be reached."""

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from runrelay.command_line import CommandError
from runrelay.stack import Stack


@dataclass(frozen=True, slots=True)
class Reach:
    """One stack, and clients of the AWS that it is on.

    Attributes:
        client: Makes one for a service; `config`, where it is AWS itself.
    """

    stack_name: str
    client: Callable[..., Any]


def add_where(parser: argparse.ArgumentParser) -> None:
    """Add the two options that name a stack."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--stack-name", metavar="NAME", help="a CloudFormation stack on AWS")
    where.add_argument(
        "--directory", type=Path, default=Path(".local"), help="of the local stack (default: .local)"
    )


@contextmanager
def reaching(arguments: argparse.Namespace) -> Iterator[None]:
    """Say in words what AWS says while the block runs.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    try:
        yield
    except ClientError as error:
        raise CommandError(f"AWS refused: {error}") from error
    except BotoCoreError as error:
        hint = "" if arguments.stack_name else "\nIs the local stack up? `make down up` starts it anew."
        raise CommandError(f"AWS could not be asked: {error}{hint}") from error


def reach(arguments: argparse.Namespace) -> Reach:
    """Find the stack that the options name.

    Raises:
        CommandError: There is none, or nothing to reach it with.
    """
    if arguments.stack_name:
        return Reach(arguments.stack_name, aws_session().client)
    stack = local_stack(arguments.directory)
    return Reach(stack.stack_name, lambda service, **_: stack.client(service))


def local_stack(directory: Path) -> Stack:
    """Find the local stack.

    Raises:
        CommandError: There is none, or none that this checkout started.
    """
    path = directory / "stack.json"
    if not path.exists():
        raise CommandError(
            f"No local stack is up ({path} is not there): `make up` starts one.\n"
            "For one on AWS, name its CloudFormation stack: --stack NAME"
        )
    try:
        return Stack.read(path)
    except (TypeError, ValueError) as error:
        raise CommandError(f"{path} is of another version: `make down up` starts a stack anew.") from error


def aws_session() -> Any:  # noqa: ANN401 - whose client() wants the service's name as a literal
    """Take the credentials and the region of the environment.

    Raises:
        CommandError: One of them is missing.
    """
    session = boto3.Session()
    if session.region_name is None or session.get_credentials() is None:
        missing = "is no AWS region" if session.region_name is None else "are no AWS credentials"
        raise CommandError(
            f"There {missing} here. Set AWS_PROFILE, or AWS_DEFAULT_REGION and keys, or run `aws configure`."
        )
    return session
