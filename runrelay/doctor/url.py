"""The webhook URL, asked from here, as anybody could: without a signature it refuses, and tells the time."""

from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Final

from runrelay.doctor.finding import Finding, Patient, found

REFUSALS: Final = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED})
"""What WebhookFunction answers to what nobody signed."""

TIMEOUT_SECONDS: Final = 15


def url(patient: Patient) -> Iterator[Finding]:
    """Whether webhooks would get to the function, and whether its clock and this one agree."""
    if patient.parameter("Delivery", "webhook") != "webhook":
        return
    import httpx2  # noqa: PLC0415 - who posts nothing loads none

    try:
        answer = httpx2.post(
            patient.webhook_url, content=b"{}", timeout=TIMEOUT_SECONDS, trust_env=not patient.is_here
        )
    except httpx2.HTTPError as error:
        words = f"{patient.webhook_url} cannot be reached: {type(error).__name__}"
        yield Finding("webhook URL", False, words, patient.deploy)
        return
    status = answer.status_code
    wrong = None if status in REFUSALS else f"{patient.webhook_url} answers HTTP {status}, not 400 or 401"
    words = f"{patient.webhook_url} refuses what is not signed, HTTP {status}"
    yield found("webhook URL", words, unless=wrong, mend=patient.deploy)
    if "date" in answer.headers:
        yield from _clock(patient, answer.headers["date"])


def _clock(patient: Patient, told: str) -> Iterator[Finding]:
    try:
        moment = parsedate_to_datetime(told)
    except ValueError:
        return
    tolerance = int(patient.parameter("WebhookToleranceSeconds", "300"))
    off = abs(int((datetime.now(UTC) - moment.astimezone(UTC)).total_seconds()))
    words = f"this clock and the stack's are {off} s apart"
    wrong = f"{words}; webhooks may be {tolerance} s off" if off > tolerance else None
    yield found("clock", words, unless=wrong, mend="timedatectl set-ntp true")
