"""The queues: whether they are read, how long messages wait, and what nobody could handle."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from runrelay.doctor.finding import Finding, Patient, found
from runrelay.durations import duration

QUEUES: Final = {"run": "Run", "tool": "Tool"}
READ: Final = frozenset({"Enabled", "Enabling", "Creating", "Updating"})
OLDEST: Final = {"run": timedelta(minutes=30), "tool": timedelta(minutes=15)}
"""As the alarms have it: RunQueueAgeAlarm, ToolQueueAgeAlarm."""


def mappings(patient: Patient) -> Iterator[Finding]:
    """Whether Lambda reads the queues, and may run what reads them."""
    lambda_ = patient.there.client("lambda")
    for word, name in QUEUES.items():
        arn = _attributes(patient, f"{name}QueueUrl", "QueueArn")["QueueArn"]
        read_by = lambda_.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]
        stopped = next((each for each in read_by if each["State"] not in READ), None)
        paused = next(
            (name for name in map(_function_of, read_by) if _concurrency(lambda_, name) == 0),
            None,
        )
        wrong, mend = None, patient.deploy
        if not read_by:
            wrong = "no function reads it: it has no event source mapping"
        elif stopped:
            wrong = f"its event source mapping is {stopped['State']}"
            mend = f"{patient.aws} lambda update-event-source-mapping --uuid {stopped['UUID']} --enabled"
        elif paused:
            wrong = f"{paused}, which reads it, is throttled: its reserved concurrency is 0"
            mend = f"{patient.aws} lambda delete-function-concurrency --function-name {paused}"
        yield found(f"{word} queue", "it is read", unless=wrong, mend=mend)


def _function_of(mapping: dict[str, Any]) -> str:
    """Name the function of a mapping, whose ARN may end in an alias."""
    name: str = mapping["FunctionArn"].split(":")[6]
    return name


def _concurrency(lambda_: Any, name: str) -> int | None:  # noqa: ANN401 - boto3's
    """Tell what is reserved for a function; 0 is what the console's button Throttle sets."""
    reserved: int | None = lambda_.get_function_concurrency(FunctionName=name).get(
        "ReservedConcurrentExecutions"
    )
    return reserved


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
        age = timedelta(seconds=int(max(points, key=lambda point: point["Timestamp"])["Maximum"]))
        words = f"the oldest message waits for {duration(age)}"
        wrong = f"{words}: more than {duration(OLDEST[word])}" if age > OLDEST[word] else None
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
