"""Which Runrelay is meant, the local one or one on AWS, and what to say when it cannot be reached."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING, Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from runrelay.command_line import CommandError
from runrelay.deployed import Deployed
from runrelay.stack import Stack

if TYPE_CHECKING:
    from runrelay.client.blocking import Runrelay

STACK = "RUNRELAY_STACK"
TOKEN = "RUNRELAY_TOKEN"  # noqa: S105 - the variable that holds it
DIRECTORY = Path(".local")
FILE = "stack.json"
IS_IT_UP = "\nIs the local stack up? `make down up` starts it anew."


@dataclass(frozen=True, slots=True)
class Reach:
    """One stack, and clients of the AWS that it is on.

    Attributes:
        client: Makes one for a service; `config`, where it is AWS itself.
    """

    stack_name: str
    client: Callable[..., Any]

    def deployed(self, *needed: str) -> Deployed:
        """Read it from CloudFormation, with the outputs that are needed.

        Raises:
            CommandError: It lacks one.
        """
        found = Deployed.read(self.client("cloudformation"), self.stack_name)
        if words := found.lacks(*needed):
            raise CommandError(words)
        return found


@dataclass(frozen=True, slots=True)
class Where:
    """The stack that a command is about.

    Attributes:
        stack_name: On AWS; none is the local one in `directory`.
    """

    stack_name: str | None
    directory: Path

    @classmethod
    def said(cls, stack: str | None, directory: Path | None) -> "Where":
        """Take what was said, else what the environment says, else the local stack here.

        Raises:
            CommandError: Both were said, or a file that is none of a local stack.
        """
        if stack is not None and directory:
            raise CommandError("Say either --stack or --directory.")
        if stack == "":
            raise CommandError(f"--stack names no stack: give its name, or leave it out for that of {STACK}.")
        stack = stack or (None if directory else os.environ.get(STACK)) or None
        if stack is not None and stack.endswith(".json"):  # a local stack's file, as the client takes it
            if Path(stack).name != FILE:
                raise CommandError(f"{stack} is no local stack's file: that is named {FILE}.")
            return cls(None, Path(stack).parent)
        return cls(stack, directory or DIRECTORY)

    @contextmanager
    def client(self, *, if_not_found: str = "", if_conflict: str = "") -> Iterator["Runrelay"]:
        """Make a client of its API, and say what to type where something is wrong.

        Args:
            if_not_found: The command to type where what was named is not there.
            if_conflict: The command to type where it is not as it has to be.

        Raises:
            CommandError: There is no local stack, or none any more.
            RunrelayError: Another is not found, or what is asked of it comes to nothing.
        """
        from runrelay.client.errors import ConflictError, NotFoundError  # noqa: PLC0415 - who needs it

        try:
            with self._client() as client:
                yield client
        except (ConflictError, NotFoundError) as error:
            command = if_not_found if isinstance(error, NotFoundError) else if_conflict
            if not command:
                raise
            raise CommandError(f"{error}\n  {command}{self.option}") from error

    @contextmanager
    def _client(self) -> Iterator["Runrelay"]:
        from runrelay.client.blocking import Runrelay  # noqa: PLC0415 - who needs no client loads none
        from runrelay.client.errors import UnavailableError  # noqa: PLC0415 - as above

        if self.stack_name:
            with Runrelay(self.stack_name, token=self.token) as client:
                yield client
            return
        self.refuse_if_down()
        try:
            with Runrelay(directory=self.directory) as client:
                yield client
        except UnavailableError as error:
            raise CommandError(f"{error}{IS_IT_UP if error.status is None else ''}") from error

    @property
    def token(self) -> str | None:
        """A token of the environment, which is for the stack that the environment names, and for no other."""
        is_named_there = bool(self.stack_name) and os.environ.get(STACK) == self.stack_name
        return os.environ.get(TOKEN) or None if is_named_there else None

    def refuse_if_down(self) -> None:
        """Say how a local stack is started, if that is meant and there is none.

        Raises:
            CommandError: There is none.
        """
        if not self.stack_name:
            _ = _file_of(self.directory)

    @property
    def option(self) -> str:
        """Say it again, for a command that is named: ` --stack NAME`, or nothing."""
        if self.stack_name and os.environ.get(STACK) != self.stack_name:
            return f" --stack {quote(self.stack_name)}"
        is_taken_unsaid = self.directory == DIRECTORY and not os.environ.get(STACK)
        if self.stack_name or is_taken_unsaid:
            return ""
        return f" --directory {quote(str(self.directory))}"


@contextmanager
def reaching(where: Where) -> Iterator[None]:
    """Say in words what AWS says while the block runs.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    try:
        yield
    except ClientError as error:
        raise CommandError(f"AWS refused: {error}") from error
    except BotoCoreError as error:
        hint = "" if where.stack_name else IS_IT_UP
        raise CommandError(f"AWS could not be asked: {error}{hint}") from error


def reach(where: Where) -> Reach:
    """Find a stack.

    Raises:
        CommandError: There is none, or nothing to reach it with.
    """
    if where.stack_name:
        return on_aws(where.stack_name)
    stack = local_stack(where.directory)
    return Reach(stack.stack_name, lambda service, **_: stack.client(service))


def on_aws(stack_name: str) -> Reach:
    """Reach a stack on AWS, with the credentials and the region of the environment.

    Raises:
        CommandError: One of them is missing.
    """
    return Reach(stack_name, aws_session().client)


def local_stack(directory: Path) -> Stack:
    """Find the local stack.

    Raises:
        CommandError: There is none, or none that this checkout started.
    """
    path = _file_of(directory)
    try:
        return Stack.read(path)
    except (OSError, RecursionError, TypeError, ValueError) as error:
        raise CommandError(f"{path} is of another version: `make down up` starts a stack anew.") from error


def aws_session() -> Any:  # noqa: ANN401 - whose client() wants the service's name as a literal
    """Take the credentials and the region of the environment.

    Raises:
        CommandError: One of them is missing.
    """
    session = boto3.Session(region_name=os.environ.get("AWS_REGION") or None)  # boto3 does not know it
    if session.region_name is None or session.get_credentials() is None:
        missing = "is no AWS region" if session.region_name is None else "are no AWS credentials"
        raise CommandError(
            f"There {missing} here. Set AWS_PROFILE, or AWS_REGION and keys, or run `aws configure`."
        )
    return session


def _file_of(directory: Path) -> Path:
    """Name the file of a local stack.

    Raises:
        CommandError: It is not there.
    """
    path = directory / FILE
    if not path.exists():
        raise CommandError(
            f"No local stack is up ({path} is not there): `make up` starts one.\n"
            "For one on AWS, name its CloudFormation stack: --stack NAME"
        )
    return path
