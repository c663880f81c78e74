"""The runs: whether one is open for longer than any should be."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, Final

from contracts.items import standing
from contracts.status import KINDS, STATUSES, is_terminal

from runrelay.doctor.finding import Finding, Patient, found

CROCKFORDS: Final = str.maketrans("ABCDEFGHJKMNPQRSTVWXYZ", "abcdefghijklmnopqrstuv")
"""The digits in which a ULID is written, as those of base 32 that Python reads."""


def oldest(patient: Patient) -> Iterator[Finding]:
    """How old the oldest open run is."""
    run_id = _oldest_open(patient.there.client("dynamodb"), patient.output("TableName"))
    if run_id is None:
        yield Finding("oldest run", True, "no run is open")
        return
    most = timedelta(seconds=int(patient.parameter("OldestOpenRunSeconds", "90000")))
    age = timedelta(seconds=(datetime.now(UTC) - _started_at(run_id)) // timedelta(seconds=1))
    words = f"the oldest open run is {age} old"
    wrong = f"{run_id} is open for {age}: more than {most}" if age > most else None
    logs = f"runrelay logs {run_id}{patient.option}; then runrelay runs cancel {run_id}{patient.option}"
    yield found("oldest run", words, unless=wrong, mend=logs)


def _oldest_open(dynamodb: Any, table_name: str) -> str | None:  # noqa: ANN401 - a boto3 client
    """Read one run of each kind and status, which their index has in the order of their beginnings."""
    ids = [
        item["run_id"]["S"]
        for kind, status in product(KINDS, STATUSES)
        if not is_terminal(status)
        for item in dynamodb.query(
            TableName=table_name,
            IndexName="StandingIndex",
            KeyConditionExpression="standing = :standing",
            ExpressionAttributeValues={":standing": {"S": standing(kind, status)}},
            Limit=1,
        )["Items"]
    ]
    return min(ids, default=None)


def _started_at(run_id: str) -> datetime:
    milliseconds = int(run_id.removeprefix("run_")[:10].translate(CROCKFORDS), 32)
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
