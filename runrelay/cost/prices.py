"""What AWS asks for, as its price pages had it on a day: list prices of one region, without free tiers.

AWS's pages show most prices by script; where a stored copy of the page had no figure, the source is named
that had it, and so could be wrong. Before you rely on one, look it up.
"""

from dataclasses import dataclass
from typing import Final

READ_ON: Final = "2026-11-27"
REGION: Final = "us-east-1"
MILLION: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Price:
    """Dollars for one of something.

    Attributes:
        source: Where it was read.
    """

    dollars: float
    unit: str
    source: str


HTTP_API_REQUEST: Final = Price(
    1.00 / MILLION, "request of up to 512 KB", "https://aws.amazon.com/api-gateway/pricing/"
)
LAMBDA_REQUEST: Final = Price(0.20 / MILLION, "invocation", "https://aws.amazon.com/lambda/pricing/")
LAMBDA_GB_SECOND: Final = Price(
    0.0000133334, "GB-second on arm64, the template's default", "https://aws.amazon.com/lambda/pricing/"
)
SQS_REQUEST: Final = Price(
    0.40 / MILLION, "request of up to 64 KB, standard queue", "https://aws.amazon.com/sqs/pricing/"
)
WRITE_UNIT: Final = Price(
    0.625 / MILLION, "write request unit, on demand", "https://aws.amazon.com/dynamodb/pricing/on-demand/"
)
READ_UNIT: Final = Price(
    0.125 / MILLION, "read request unit, on demand", "https://aws.amazon.com/dynamodb/pricing/on-demand/"
)
TABLE_GB_MONTH: Final = Price(0.25, "GB for a month", "https://aws.amazon.com/dynamodb/pricing/on-demand/")
RECOVERY_GB_MONTH: Final = Price(
    0.20, "GB of point-in-time recovery for a month", "https://aws.amazon.com/dynamodb/pricing/on-demand/"
)
EVENT: Final = Price(
    1.00 / MILLION, "custom event of up to 64 KB", "https://aws.amazon.com/eventbridge/pricing/"
)
LOG_BYTE: Final = Price(
    0.50 / 1_000_000_000, "byte of Lambda logs, first tier", "https://aws.amazon.com/cloudwatch/pricing/"
)
SECRET_MONTH: Final = Price(0.40, "secret for a month", "https://aws.amazon.com/secrets-manager/pricing/")
SECRET_REQUEST: Final = Price(0.05 / 10_000, "request", "https://aws.amazon.com/secrets-manager/pricing/")
ALARM_MONTH: Final = Price(0.10, "alarm for a month", "https://aws.amazon.com/cloudwatch/pricing/")
METRIC_MONTH: Final = Price(0.30, "metric for a month", "https://aws.amazon.com/cloudwatch/pricing/")
CPU_HOUR: Final = Price(
    0.03238, "virtual CPU of Fargate on arm64 for an hour", "https://aws.amazon.com/fargate/pricing/"
)
MEMORY_HOUR: Final = Price(
    0.00356, "GB of Fargate on arm64 for an hour", "https://aws.amazon.com/fargate/pricing/"
)

# What is compared with. Their compute is Lambda's.
DURABLE_OPERATION: Final = Price(
    8.00 / MILLION,
    "durable operation; AWS names it in an example only",
    "https://aws.amazon.com/lambda/pricing/",
)
DURABLE_GB_WRITTEN: Final = Price(
    0.25, "GB written; from AWS's example", "https://aws.amazon.com/lambda/pricing/"
)
STATE_TRANSITION: Final = Price(
    0.025 / 1000, "state transition, standard workflow", "https://aws.amazon.com/step-functions/pricing/"
)
