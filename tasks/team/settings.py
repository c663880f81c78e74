"""What a team's folder says of ToolFunction beside its code: its variables and its permissions."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import yaml

from runrelay.command_line import CommandError
from tasks.checkout import TEMPLATE
from tasks.team import environment, permissions
from tasks.team.cloudformation import File, rendered, value_of
from tasks.team.folder import ENVIRONMENT, PERMISSIONS, TeamFolder

FUNCTION: Final = "ToolFunction"
REGION: Final = "us-east-1"
SOMEWHERE: Final = {
    "AWS::AccountId": "123456789012",
    "AWS::Partition": "aws",
    "AWS::Region": REGION,
    "AWS::StackName": "runrelay",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Settings:
    """What is put into the template.

    Attributes:
        variables: Values as a template has them: texts, or CloudFormation's functions.
        statements: Of an IAM policy.
    """

    variables: dict[str, Any]
    statements: list[Any]

    def as_if_deployed(self) -> dict[str, str]:
        """Make the variables as a stack would, as far as that can be known without one."""
        defaults = {name: str(each.get("Default", name)) for name, each in _template()["Parameters"].items()}
        return {name: rendered(value, SOMEWHERE | defaults) for name, value in self.variables.items()}


def read(folder: TeamFolder) -> Settings:
    """Read a folder's settings.

    Raises:
        CommandError: Something in them cannot be; a line for each mistake.
    """
    template = _template()
    known = template["Parameters"].keys() | template["Resources"].keys()
    variables: dict[str, Any] = {}
    statements: list[Any] = []
    mistakes = []
    try:
        if path := folder.file(ENVIRONMENT):
            variables = environment.read(File(path, known), own_variables())
    except CommandError as error:
        mistakes.append(str(error))
    try:
        if path := folder.file(PERMISSIONS):
            statements = permissions.read(File(path, known))
    except CommandError as error:
        mistakes.append(str(error))
    if mistakes:
        raise CommandError("\n".join(mistakes))
    return Settings(variables, statements)


def own_variables() -> set[str]:
    """Name the variables that ToolFunction has without a team's."""
    template = _template()
    functions = template["Globals"]["Function"], template["Resources"][FUNCTION]["Properties"]
    return {name for each in functions for name in each["Environment"]["Variables"]}


@cache
def _template() -> dict[str, Any]:
    node = yaml.compose(TEMPLATE.read_text(), yaml.SafeLoader)
    template: dict[str, Any] = value_of(node) if node else {}
    return template
