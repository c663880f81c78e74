"""All the checks, each by itself: one that cannot be made says so, and the others go on."""

from collections.abc import Callable, Iterator
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from runrelay.command_line import CommandError
from runrelay.doctor import endpoint, queues, runs, stack, url
from runrelay.doctor.finding import Finding, Patient
from runrelay.reach import Where, local_stack, reach

type Check = Callable[[Patient], Iterator[Finding]]

CHECKS: Final[dict[str, Check]] = {
    "stack": stack.status,
    "versions": stack.versions,
    "table": stack.indexes,
    "endpoint": endpoint.endpoint,
    "webhook URL": url.url,
    "queues": queues.mappings,
    "queue ages": queues.ages,
    "dead letters": queues.dead_letters,
    "oldest run": runs.oldest,
}


def examine(where: Where) -> Iterator[Finding]:
    """Look at a stack, and give what each check found."""
    start = "make deploy" if where.stack_name else "make up"
    try:
        patient = _patient(where)
    except (CommandError, BotoCoreError, ClientError) as error:
        yield Finding("stack", False, f"it is not found: {error}", start)
        return
    for name, check in CHECKS.items():
        yield from _checked(patient, name, check)


def _checked(patient: Patient, name: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except (BotoCoreError, ClientError) as error:
        yield Finding(
            name, False, f"AWS did not tell: {error}", "aws sts get-caller-identity; it needs leave to read"
        )
    except CommandError as error:
        yield Finding(name, False, str(error), patient.deploy)


def _patient(where: Where) -> Patient:
    there = reach(where)
    local_url = None if where.stack_name else local_stack(where.directory).webhook_url
    return Patient(there, there.deployed(), where.option, local_url)
