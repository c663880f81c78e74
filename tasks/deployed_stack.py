"""What an account has already under the name of a stack."""

from collections.abc import Mapping
from itertools import islice
from re import fullmatch
from typing import Any, Final, TypeIs

import yaml
from botocore.exceptions import ClientError

from runrelay.command_line import CommandError

UNFINISHED: Final = {"REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "DELETE_COMPLETE"}
"""Of these stacks nothing is left that could hold a key, or a table."""

FIRST_FAILED: Final = {"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED"}


def described(cloudformation: Any, stack_name: str) -> dict[str, Any] | None:  # noqa: ANN401 - a boto3 client
    """Read a stack, as DescribeStacks has it; nothing, if there is no such."""
    try:
        (stack,) = cloudformation.describe_stacks(StackName=stack_name)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":  # which is how it says that there is none
            raise
        return None
    return dict(stack)


def is_finished(stack: Mapping[str, Any] | None) -> TypeIs[Mapping[str, Any]]:
    """Say whether there is a stack, and more of it than a first deploy that failed leaves."""
    return stack is not None and stack["StackStatus"] not in UNFINISHED


def refuse_unless_ready(stack: Mapping[str, Any]) -> None:
    """Refuse a stack that CloudFormation would not update, before anything is asked or built for it.

    Raises:
        CommandError: It is in such a state; the message says the way out.
    """
    name, status = stack["StackName"], stack["StackStatus"]
    command = f"aws cloudformation {{}} --stack-name {name}"
    if status == "UPDATE_ROLLBACK_FAILED":
        way = f"finish that with `{command.format('continue-update-rollback')}`"
    elif status in FIRST_FAILED:
        way = f"delete what is left of it with `{command.format('delete-stack')}`"
    elif status.endswith("_IN_PROGRESS") and status not in UNFINISHED:
        way = f"wait until `{command.format('describe-stacks')}` says otherwise"
    else:
        return
    raise CommandError(f"The stack {name} cannot be updated, it is in {status}: {way}, then run this again.")


def template(cloudformation: Any, stack_name: str) -> dict[str, Any]:  # noqa: ANN401 - a boto3 client
    """Read the template of a stack as SAM had uploaded it: deployed again, it changes nothing.

    Raises:
        CommandError: It is none of SAM's: those have no short forms of functions (`!Ref`).
    """
    body = cloudformation.get_template(StackName=stack_name, TemplateStage="Original")["TemplateBody"]
    try:
        return dict(yaml.safe_load(body) if isinstance(body, str) else body)
    except yaml.YAMLError as error:
        raise CommandError(f"The stack {stack_name} was not deployed with SAM: {error}") from error


def physical_name(cloudformation: Any, stack_name: str, logical_id: str) -> str:  # noqa: ANN401 - a boto3 client
    """Give the name that a resource of a stack has."""
    found = cloudformation.describe_stack_resource(StackName=stack_name, LogicalResourceId=logical_id)
    name: str = found["StackResourceDetail"]["PhysicalResourceId"]
    return name


def parameters(stack: Mapping[str, Any]) -> dict[str, str]:
    """Give what a stack was deployed with."""
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}


def kept_parameter(stack: Mapping[str, Any]) -> dict[str, str]:
    """Give one parameter as it is, by which all are kept.

    With it SAM passes over those of samconfig.toml, and what it is not told it leaves as it is. Any will do,
    so it is one that needs no quotes.
    """
    plain = {name: value for name, value in parameters(stack).items() if fullmatch(r"[\w.-]+", value)}
    return dict(islice(plain.items(), 1))
