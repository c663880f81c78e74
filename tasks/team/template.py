"""The built template with what a team's folder says of ToolFunction."""

from collections.abc import Sequence
from typing import Any, Final

from functions.tools.declarations import SECONDS_TO_TELL
from runrelay.command_line import CommandError
from tasks.team.settings import FUNCTION, Settings

SECONDS_PARAMETER: Final = "ToolTimeoutSeconds"
POLICY: Final = "tools-of-the-team"


def with_team(
    template: dict[str, Any], package: str, said: Settings, entries: Sequence[dict[str, Any]], *, seconds: int
) -> dict[str, Any]:
    """Put variables, permissions and the package's name into a template, and hold its timeout to the tools.

    Args:
        template: As it was built; it is changed.
        package: The name by which the tools are imported.
        said: What stands beside them.
        entries: The catalog.
        seconds: The timeout of the tool function for which the tools were checked.

    Raises:
        CommandError: The template does not allow such a timeout.
    """
    resources = template["Resources"]
    function = resources[FUNCTION]["Properties"]
    function["Environment"]["Variables"] |= {"TOOLS_PACKAGE": package} | said.variables
    if said.statements:
        _allow(resources, function, said.statements)
    parameter = template["Parameters"][SECONDS_PARAMETER]
    if seconds not in parameter["AllowedValues"]:
        allowed = ", ".join(map(str, parameter["AllowedValues"]))
        raise CommandError(f"{SECONDS_PARAMETER} is one of {allowed}, and not {seconds}.")
    least = max(map(_seconds_for, entries), default=0)
    parameter["AllowedValues"] = [each for each in parameter["AllowedValues"] if each >= least]
    parameter["Default"] = seconds
    return template


def _allow(resources: dict[str, Any], function: dict[str, Any], statements: list[Any]) -> None:
    """Add statements to the function's role: the one that it names, or the one that SAM makes for it."""
    document = {"Version": "2012-10-17", "Statement": statements}
    match function.get("Role"):
        case None:
            function["Policies"].append(document)
        case {"Fn::GetAtt": [str(role), "Arn"]}:
            policies = resources[role]["Properties"].setdefault("Policies", [])
            policies.append({"PolicyName": POLICY, "PolicyDocument": document})
        case other:
            raise CommandError(f"The role of {FUNCTION} is {other}: no permissions can be added to it.")


def _seconds_for(entry: dict[str, Any]) -> int:
    """Say how long the function must live for a tool; a verify function may have to follow it."""
    if entry["executor"] == "external":
        return 0
    timeout: int = entry["timeout"]
    return timeout * (2 if entry["effect"] == "verify" else 1) + SECONDS_TO_TELL
