"""`runrelay doctor`."""

import typer

from runrelay.cli.options import Directory, Json, Stack
from runrelay.cli.output import print_json, say
from runrelay.doctor.examination import examine
from runrelay.doctor.finding import Finding
from runrelay.reach import Where


def doctor(json: Json = False, stack: Stack = None, directory: Directory = None) -> None:
    """Look at a stack: what is wrong, and which command mends it. Exit 0 means that all is well."""
    where = Where.said(stack, directory)
    findings = []
    for finding in examine(where):
        findings.append(finding)
        if not json:
            _say(finding)
    if json:
        print_json(findings)
    raise typer.Exit(0 if all(each.is_well for each in findings) else 1)


def _say(finding: Finding) -> None:
    mark = "✓" if finding.is_well else "✗"
    say(f"{mark} {finding.name:<17} {finding.words}", style="" if finding.is_well else "red")
    if finding.mend:
        say(f"  {'':<17} {finding.mend}")
