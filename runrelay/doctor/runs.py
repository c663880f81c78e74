"""The runs: whether one is open for longer than any should be."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from contracts.oldest import oldest_open_run, started_at

from runrelay.doctor.finding import Finding, Patient, found
from runrelay.durations import duration


def oldest(patient: Patient) -> Iterator[Finding]:
    """How old the oldest open run is."""
    run_id = oldest_open_run(patient.there.client("dynamodb"), patient.output("TableName"))
    if run_id is None:
        yield Finding("oldest run", True, "no run is open")
        return
    most = timedelta(seconds=int(patient.parameter("OldestOpenRunSeconds", "90000")))
    age = timedelta(seconds=(datetime.now(UTC) - started_at(run_id)) // timedelta(seconds=1))
    words = f"the oldest open run is {duration(age)} old"
    wrong = f"{run_id} is open for {duration(age)}: more than {duration(most)}" if age > most else None
    logs = f"runrelay logs {run_id}{patient.option}; then runrelay runs cancel {run_id}{patient.option}"
    yield found("oldest run", words, unless=wrong, mend=logs)
