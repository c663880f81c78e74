import io
import json
from collections.abc import Callable
from uuid import uuid4

import pytest
from aws_lambda_powertools import Logger
from botocore.exceptions import ConnectTimeoutError

from functions.webhook.signing_secrets import (
    MAX_AGE_SECONDS,
    MIN_SECONDS_BETWEEN_LOOKS,
    SecretsUnavailableError,
    SigningSecrets,
)
from tests.unit.webhook.fake_aws import NotFoundError, SecretsManager
from tests.unit.webhook.openai_sender import OTHER_SECRET, SECRET

OUTAGE = ConnectTimeoutError(endpoint_url="https://secretsmanager")


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def aws() -> SecretsManager:
    return SecretsManager(SECRET)


@pytest.fixture
def secrets(aws: SecretsManager, clock: Callable[[], float]) -> SigningSecrets:
    return SigningSecrets(aws, "webhook-secret", Logger("signing-secrets-test"), clock)


def test_the_secrets_are_read_once(aws: SecretsManager, secrets: SigningSecrets):
    keys = [secrets.keys() for _ in range(3)]

    assert [len(each) for each in keys] == [1, 1, 1]
    assert aws.reads == 1


def test_a_secret_that_was_revoked_is_believed_for_a_few_minutes_at_most(
    aws: SecretsManager, secrets: SigningSecrets, clock: Clock
):
    aws.secret = f"{OTHER_SECRET} {SECRET}"
    known = [len(secrets.keys())]
    aws.secret = OTHER_SECRET

    for _ in range(2):
        clock.seconds += MAX_AGE_SECONDS / 2 + 1
        known.append(len(secrets.keys()))

    assert known == [2, 2, 1]


def test_a_secret_that_was_revoked_is_believed_for_five_minutes_and_no_longer(
    aws: SecretsManager, secrets: SigningSecrets, clock: Clock
):
    aws.secret = f"{OTHER_SECRET} {SECRET}"
    secrets.keys()
    aws.secret = OTHER_SECRET

    clock.seconds += 5 * 60
    known = len(secrets.keys())
    clock.seconds += 1

    assert (known, len(secrets.keys())) == (2, 1)


def test_the_five_minutes_are_counted_from_the_last_time_the_secrets_were_read(
    aws: SecretsManager, secrets: SigningSecrets, clock: Clock
):
    secrets.keys()
    for _ in range(3):
        clock.seconds += 5 * 60 + 1
        secrets.keys()
        secrets.keys()

    assert aws.reads == 1 + 3


def test_secrets_that_cannot_be_read_anew_are_believed_until_they_can(
    aws: SecretsManager, secrets: SigningSecrets, clock: Clock
):
    before = secrets.keys()
    clock.seconds += MAX_AGE_SECONDS + 1
    aws.secret = OUTAGE

    assert [secrets.keys() for _ in range(3)] == [before] * 3
    assert aws.reads == 1 + 1


def test_a_rotation_is_seen_at_the_first_look_again(aws: SecretsManager, secrets: SigningSecrets):
    secrets.keys()
    aws.secret = f"{OTHER_SECRET} {SECRET}"

    assert secrets.read_again()

    assert len(secrets.keys()) == 2


def test_a_rotation_is_looked_for_again_after_half_a_minute_and_no_sooner(
    aws: SecretsManager, secrets: SigningSecrets, clock: Clock
):
    secrets.keys()
    secrets.read_again()

    clock.seconds += 29
    too_soon = secrets.read_again()
    clock.seconds += 1

    assert (too_soon, secrets.read_again()) == (False, True)


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        (SECRET, []),
        (f"{SECRET} broken", [(1, 1)]),
        ("broken", [(1, 0)]),
        ("", [(0, 0)]),
    ],
    ids=["usable", "one of two", "unusable", "none"],
)
def test_a_secret_that_cannot_be_used_is_told_of(secret: str, told: list[tuple[int, int]]):
    log = io.StringIO()
    logger = Logger(f"signing-secrets-{uuid4()}", stream=log)

    SigningSecrets(SecretsManager(secret), "webhook-secret", logger).keys()

    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert [(line["unusable"], line["usable"]) for line in lines] == told


def test_a_forger_causes_at_most_one_look_in_thirty_seconds(
    aws: SecretsManager, secrets: SigningSecrets, clock: Clock
):
    secrets.keys()
    looks = []
    for _ in range(2 * MIN_SECONDS_BETWEEN_LOOKS):
        looks.append(secrets.read_again())
        clock.seconds += 1

    assert [second for second, looked in enumerate(looks) if looked] == [0, MIN_SECONDS_BETWEEN_LOOKS]
    assert aws.reads == 1 + 2


def test_a_failing_look_counts_as_one_and_leaves_the_keys(
    aws: SecretsManager, secrets: SigningSecrets, clock: Clock
):
    secrets.keys()
    aws.secret = OUTAGE

    with pytest.raises(SecretsUnavailableError):
        secrets.read_again()
    clock.seconds += MIN_SECONDS_BETWEEN_LOOKS - 1
    assert not secrets.read_again()

    assert len(secrets.keys()) == 1
    assert aws.reads == 2


def test_secrets_that_were_never_read_are_unavailable_until_they_can_be(
    aws: SecretsManager, secrets: SigningSecrets
):
    aws.secret = OUTAGE

    with pytest.raises(SecretsUnavailableError):
        secrets.keys()

    aws.secret = SECRET
    assert len(secrets.keys()) == 1


def test_a_secret_without_a_value_is_no_key(aws: SecretsManager, secrets: SigningSecrets):
    aws.secret = NotFoundError()

    assert secrets.keys() == ()
