"""Counts times prices, line by line."""

from dataclasses import dataclass
from typing import Final, Literal

from runrelay.cost import assumptions as assumed
from runrelay.cost import prices
from runrelay.cost.counts import Counts

type Basis = Literal["counted", "assumed"]

WAITING: Final = "Lambda, waiting on OpenAI"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a bill.

    Attributes:
        amount: In the words of what it rests on.
        basis: Whether the amount was counted at the wire, or rests on assumed durations and sizes too.
    """

    name: str
    dollars: float
    amount: str
    basis: Basis


def bill(counts: Counts) -> tuple[Line, ...]:
    """Say what so much costs."""
    invocations = sum(counts.invocations.values())
    own, waiting = own_gb_seconds(counts), waiting_gb_seconds(counts)
    stored = counts.stored_bytes * assumed.KEPT_MONTHS / 1e9
    kept = prices.TABLE_GB_MONTH.dollars + prices.RECOVERY_GB_MONTH.dollars
    return (
        _line("HTTP API", prices.HTTP_API_REQUEST, counts.http_api_requests, "requests"),
        _line("Lambda, invocations", prices.LAMBDA_REQUEST, invocations, "invocations"),
        _line("Lambda, own work", prices.LAMBDA_GB_SECOND, own, "GB-seconds", "assumed"),
        _line(WAITING, prices.LAMBDA_GB_SECOND, waiting, "GB-seconds", "assumed"),
        _line("SQS", prices.SQS_REQUEST, counts.sqs_requests, "requests"),
        _line("DynamoDB, writes", prices.WRITE_UNIT, counts.write_units, "write units"),
        _line("DynamoDB, index writes", prices.WRITE_UNIT, counts.index_write_units, "write units"),
        _line("DynamoDB, reads", prices.READ_UNIT, counts.read_units, "read units"),
        Line("DynamoDB, storage", stored * kept, f"{stored:,.3g} GB-months", "assumed"),
        _line("EventBridge", prices.EVENT, counts.events, "events"),
        _line("logs", prices.LOG_BYTE, counts.log_bytes, "bytes"),
    )


def fixed() -> tuple[Line, ...]:
    """Say what a stack costs a month in which nothing runs."""
    receives = assumed.QUEUES * assumed.EMPTY_RECEIVES_A_MONTH
    return (
        _line("SQS, asked in vain", prices.SQS_REQUEST, receives, "requests", "assumed"),
        _line("Secrets Manager", prices.SECRET_MONTH, assumed.SECRETS, "secrets"),
        _line("alarms", prices.ALARM_MONTH, assumed.ALARMS, "alarms"),
        _line("metrics", prices.METRIC_MONTH, assumed.METRICS, "metrics", "assumed"),
    )


def total(lines: tuple[Line, ...]) -> float:
    return sum(line.dollars for line in lines)


def waiting_gb_seconds(counts: Counts) -> float:
    """Count what the worker is billed while it waits for OpenAI's answers: beside each other, once."""
    return (counts.openai_requests - counts.openai_beside) * assumed.OPENAI_SECONDS * _gigabytes("worker")


def own_gb_seconds(counts: Counts) -> float:
    """Count what all functions are billed beside that, tools' own time left out."""
    seconds = {
        name: _awaited_of_aws(name, counts) * assumed.AWS_SECONDS
        + _seconds_computing(name, counts) / _share_of_processor(name)
        for name in counts.invocations
    }
    return sum(each * _gigabytes(name) for name, each in seconds.items())


def _awaited_of_aws(name: str, counts: Counts) -> float:
    return counts.aws_requests.get(name, 0) - (counts.aws_beside if name == "worker" else 0)


def _seconds_computing(name: str, counts: Counts) -> float:
    """Count the seconds that a whole processor would compute."""
    return (
        counts.invocations[name] * assumed.CPU_SECONDS_AN_INVOCATION
        + counts.aws_requests.get(name, 0) * assumed.CPU_SECONDS_AN_AWS_REQUEST
        + (counts.openai_requests * assumed.CPU_SECONDS_AN_OPENAI_REQUEST if name == "worker" else 0)
    )


def _gigabytes(name: str) -> float:
    return assumed.MEGABYTES[name] / 1024


def _share_of_processor(name: str) -> float:
    return assumed.MEGABYTES[name] / assumed.MEGABYTES_OF_A_PROCESSOR


def _line(name: str, price: prices.Price, amount: float, unit: str, basis: Basis = "counted") -> Line:
    return Line(name, price.dollars * amount, f"{amount:,.0f} {unit}", basis)
