"""The queues: whether they are read, how long messages wait, and what nobody could handle."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from runrelay.doctor.finding import Finding, Patient, found

QUEUES: Final = {"run": "Run", "tool": "Tool"}
READ: Final = frozenset({"Enabled", "Enabling", "Creating", "Updating"})
OLDEST_SECONDS: Final = {"run": 1800, "tool": 900}
"""As the alarms have it: RunQueueAgeAlarm, ToolQueueAgeAlarm."""


def mappings(patient: Patient) -> Iterator[Finding]:
    """Whether Lambda reads the queues."""
    lambda_ = patient.there.client("lambda")
    for word, name in QUEUES.items():
        arn = _attributes(patient, f"{name}QueueUrl", "QueueArn")["QueueArn"]
        read_by = lambda_.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
        stopped = next((each for each in read_by if each["State"] not in READ), None)
        wrong, mend = None, patient.deploy
        if not read_by:
            wrong = "no function reads it: it has no event source mapping"
        elif stopped:
            wrong = f"its event source mapping is {stopped['State']}"
            mend = f"{patient.aws} lambda update-event-source-mapping --uuid {stopped['UUID']} --enabled"
        yield found(f"{word} queue", "it is read", unless=wrong, mend=mend)


def ages(patient: Patient) -> Iterator[Finding]:
    """How long the oldest message waits, which CloudWatch alone knows, and only where there was one."""
    now = datetime.now(UTC)
    for word, name in QUEUES.items():
        url = patient.output(f"{name}QueueUrl")
        points = patient.there.client("cloudwatch").get_metric_statistics(
            Namespace="AWS/SQS",
            MetricName="ApproximateAgeOfOldestMessage",
            Dimensions=[{"Name": "QueueName", "Value": url.rpartition("/")[2]}],
            StartTime=now - timedelta(minutes=15),
            EndTime=now,
            Period=300,
            Statistics=["Maximum"],
        )["Datapoints"]
        if not points:
            continue
        seconds = int(max(points, key=lambda point: point["Timestamp"])["Maximum"])
        words = f"the oldest message waits for {seconds} s"
        wrong = f"{words}: more than {OLDEST_SECONDS[word]}" if seconds > OLDEST_SECONDS[word] else None
        look = f"{patient.aws} sqs get-queue-attributes --queue-url {url} --attribute-names All"
        yield found(f"{word} queue age", words, unless=wrong, mend=look)


def dead_letters(patient: Patient) -> Iterator[Finding]:
    """Whether there are messages that failed five times."""
    for word, name in QUEUES.items():
        told = _attributes(
            patient,
            f"{name}DeadLetterQueueUrl",
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        )
        count = sum(int(each) for each in told.values())
        yield found(
            f"{word} dead letters",
            "there are none",
            unless=f"there are {count}" if count else None,
            mend=f"runrelay dlq list{patient.option}; then runrelay dlq redrive{patient.option}",
        )


def _attributes(patient: Patient, output: str, *names: str) -> dict[str, Any]:
    attributes: dict[str, Any] = patient.there.client("sqs").get_queue_attributes(
        QueueUrl=patient.output(output), AttributeNames=list(names)
    )["Attributes"]
    return attributes
