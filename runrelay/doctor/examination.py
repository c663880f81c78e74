"""All the checks, each by itself: one that cannot be made says so, and the others go on."""

from collections.abc import Callable, Iterator
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from runrelay.command_line import CommandError
from runrelay.doctor import endpoint, queues, runs, stack, url
from runrelay.doctor.finding import Finding, Patient
from runrelay.reach import FILE, Where, local_stack, reach

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

WHO: Final = "aws sts get-caller-identity"


def examine(where: Where) -> Iterator[Finding]:
    """Look at a stack, and give what each check found."""
    try:
        patient = _patient(where)
    except (CommandError, BotoCoreError, ClientError) as error:
        yield Finding("stack", False, f"it is not found: {error}", _start(where, error))
        return
    for name, check in CHECKS.items():
        yield from _checked(patient, name, check)


def _start(where: Where, error: Exception) -> str:
    """Name what brings a stack that is not found: a stack, or credentials to find it with."""
    if where.stack_name is None:
        return "make down up" if (where.directory / FILE).exists() else "make up"
    is_none = isinstance(error, ClientError) and error.response["Error"]["Code"] == "ValidationError"
    return "make deploy" if is_none else f"aws configure; then {WHO}"


def _checked(patient: Patient, name: str, check: Check) -> Iterator[Finding]:
    try:
        yield from check(patient)
    except (BotoCoreError, ClientError) as error:
        yield Finding(name, False, f"AWS did not tell: {error}", f"{WHO}; it needs leave to read")
    except CommandError as error:
        yield Finding(name, False, str(error), patient.deploy)


def _patient(where: Where) -> Patient:
    there = reach(where)
    local_url = None if where.stack_name else local_stack(where.directory).webhook_url
    return Patient(there, there.deployed(), where.option, local_url)
