"""The stack itself: whether it is there and settled, and its table's indexes."""

from collections.abc import Iterator
from importlib.metadata import version
from typing import Final

from runrelay.doctor.finding import Finding, Patient, found

SETTLED: Final = frozenset(
    {
        "CREATE_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_ROLLBACK_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
    }
)
INDEXES: Final = frozenset(
    {"ProviderIndex", "ListIndex", "StandingIndex", "SubjectStandingIndex", "SweepIndex"}
)


def status(patient: Patient) -> Iterator[Finding]:
    """Whether CloudFormation is done with it."""
    is_at = patient.deployed.status
    name = patient.there.stack_name
    wrong = None if is_at in SETTLED else f"{name} is {is_at}"
    events = f"aws cloudformation describe-stack-events --stack-name {name}; then {patient.deploy}"
    yield found("stack", f"{name} is {is_at}", unless=wrong, mend=events)


def versions(patient: Patient) -> Iterator[Finding]:
    """Whether the stack and this package are of one version; a plain `sam build` has its stack tell none."""
    here, there = version("runrelay"), patient.deployed.outputs.get("Version")
    words = f"the stack is {there or 'of a version it does not tell'}, this package {here}"
    wrong = None if there in (None, here) else words
    yield found("versions", words, unless=wrong, mend=f"{patient.deploy}; or the package of version {there}")


def indexes(patient: Patient) -> Iterator[Finding]:
    """Whether runs can be found by all that they are looked for by."""
    table = patient.output("TableName")
    described = patient.there.client("dynamodb").describe_table(TableName=table)["Table"]
    # MiniStack tells no status of an index that is there; AWS always does.
    at = {
        each["IndexName"]: each.get("IndexStatus", "ACTIVE")
        for each in described.get("GlobalSecondaryIndexes", ())
    }
    wrong = [f"{name} is {at.get(name, 'not there')}" for name in sorted(INDEXES) if at.get(name) != "ACTIVE"]
    yield found(
        "table",
        f"all {len(INDEXES)} indexes are active",
        unless=", ".join(wrong) or None,
        mend=f"{patient.deploy}; an index that is being made is ready by itself",
    )
