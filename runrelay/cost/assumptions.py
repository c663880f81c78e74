"""What is assumed and not counted: how long things take on AWS, where this was never measured."""

from typing import Final

OPENAI_SECONDS: Final = 0.2
"""Until OpenAI answers a request; a function waits for it, and its GB-seconds are billed."""

AWS_SECONDS: Final = 0.005
"""Until AWS answers one."""

CPU_SECONDS_AN_AWS_REQUEST: Final = 0.001
CPU_SECONDS_AN_OPENAI_REQUEST: Final = 0.004
CPU_SECONDS_AN_INVOCATION: Final = 0.002
"""Of one whole processor. A function has a share of one, by its memory."""

MEGABYTES_OF_A_PROCESSOR: Final = 1769
"""With so much memory Lambda gives a whole one."""

MEGABYTES: Final = {"api": 512, "webhook": 512, "worker": 1024, "tools": 1024}
"""As the template has it."""

KEPT_MONTHS: Final = 3
"""How long a run is kept: `RunRetentionDays` is 90."""

HOURS_A_MONTH: Final = 730
EMPTY_RECEIVES_A_MONTH: Final = 650_000
"""Lambda asks an idle queue about so often, by five pollers that wait for 20 s each."""

QUEUES: Final = 2
SECRETS: Final = 2
ALARMS: Final = 20
METRICS: Final = 30
"""About so many combinations of names and dimensions are written in a month."""

WORKER_CPUS: Final = 0.25
WORKER_GIGABYTES: Final = 0.5
"""A container in which loops poll: Fargate's smallest."""


def assumptions() -> tuple[str, ...]:
    """Say them in words, for whoever reads a figure that rests on them."""
    durations = (
        f"OpenAI answers in {OPENAI_SECONDS * 1000:g} ms, AWS in {AWS_SECONDS * 1000:g} ms; a request to AWS "
        f"takes {CPU_SECONDS_AN_AWS_REQUEST * 1000:g} ms of a processor, one to OpenAI "
        f"{CPU_SECONDS_AN_OPENAI_REQUEST * 1000:g} ms, an invocation "
        f"{CPU_SECONDS_AN_INVOCATION * 1000:g} ms; what your tools take is left out"
    )
    sizes = (
        f"Lambda asks SQS to receive and to delete each batch, and logs nothing of its own where all goes "
        f"well (LoggingConfig); runs are kept for {KEPT_MONTHS} months"
    )
    left_out = "no free tier, no cold starts, no data transfer, no KMS key of your own, no trace"
    return durations, sizes, left_out
