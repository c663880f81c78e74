import base64
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest

from functions.webhook.rejection import RejectedWebhookError
from functions.webhook.verification import (
    MAX_SIGNATURES,
    MIN_KEY_BYTES,
    Stamp,
    check_age,
    is_signed,
    keys_from,
    stamp_from,
)
from tests.unit.webhook.openai_sender import BODY, NOW, OTHER_SECRET, SECRET, a_webhook, signature, spoil

TOLERANCE = timedelta(seconds=300)
ONE_SECOND = timedelta(seconds=1)


def test_the_frozen_vector_of_standard_webhooks_verifies():
    # https://github.com/standard-webhooks/standard-webhooks: the vector of its own test suites
    (key,), _ = keys_from("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    stamp = Stamp(
        webhook_id="msg_p5jXN8AQM9LWM0D4loKWxJek",
        sent_at=datetime.fromtimestamp(1614265330, UTC),
        signatures=("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",),
    )

    assert is_signed(stamp, '{"test": 2432232314}', [key])


@pytest.mark.parametrize("direction", [-1, 1], ids=["stale", "future"])
@pytest.mark.parametrize("microseconds", [0, 1, 999_999])
def test_exactly_the_tolerance_still_passes_and_a_second_more_does_not(direction: int, microseconds: int):
    at_the_edge = stamp_from(a_webhook(sent_at=NOW + direction * TOLERANCE)["headers"])
    past_it = stamp_from(a_webhook(sent_at=NOW + direction * (TOLERANCE + ONE_SECOND))["headers"])
    now = NOW.replace(microsecond=microseconds)

    check_age(at_the_edge, now=now, tolerance=TOLERANCE)

    with pytest.raises(RejectedWebhookError) as rejected:
        check_age(past_it, now=now, tolerance=TOLERANCE)
    assert rejected.value.status == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("signatures", [1, 10])
def test_a_webhook_may_be_signed_up_to_ten_times(signatures: int):
    headers = a_webhook(webhook_signature=" ".join(["v1,c2ln"] * signatures))["headers"]

    assert len(stamp_from(headers).signatures) == signatures


def test_a_webhook_that_is_signed_eleven_times_is_refused():
    headers = a_webhook(webhook_signature=" ".join(["v1,c2ln"] * 11))["headers"]

    with pytest.raises(RejectedWebhookError) as rejected:
        stamp_from(headers)
    assert rejected.value.status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    ("headers", "named"),
    [
        ({"webhook_id": ""}, "webhook-id"),
        ({"webhook_id": "wh_1,wh_1"}, "webhook-id"),
        ({"webhook_id": "wh_1, wh_2"}, "webhook-id"),
        ({"webhook_id": "wh_ü"}, "webhook-id"),
        ({"webhook_id": "wh_1\n"}, "webhook-id"),
        ({"webhook_id": "w" * 257}, "webhook-id"),
        ({"webhook_timestamp": None}, "webhook-timestamp"),
        ({"webhook_timestamp": ""}, "webhook-timestamp"),
        ({"webhook_timestamp": "1795253400,1795253400"}, "webhook-timestamp"),
        ({"webhook_timestamp": "-1795253400"}, "webhook-timestamp"),
        ({"webhook_timestamp": "+1795253400"}, "webhook-timestamp"),
        ({"webhook_timestamp": "01795253400"}, "webhook-timestamp"),
        ({"webhook_timestamp": "1_795_253_400"}, "webhook-timestamp"),
        ({"webhook_timestamp": "1795253400.0"}, "webhook-timestamp"),
        ({"webhook_timestamp": "1795253400\n"}, "webhook-timestamp"),
        ({"webhook_timestamp": "١٧٩٥٢٥٣٤٠٠"}, "webhook-timestamp"),
        ({"webhook_timestamp": "NaN"}, "webhook-timestamp"),
        ({"webhook_timestamp": "9" * 5000}, "webhook-timestamp"),
        ({"webhook_signature": None}, "webhook-signature"),
        ({"webhook_signature": ""}, "webhook-signature"),
        ({"webhook_signature": "   "}, "webhook-signature"),
        ({"webhook_signature": "v1,"}, "webhook-signature"),
        ({"webhook_signature": f"{signature()},{signature()}"}, "webhook-signature"),
        ({"webhook_signature": f"{signature()}, {signature()}"}, "webhook-signature"),
        ({"webhook_signature": "v1,ünïcödé="}, "webhook-signature"),
        ({"webhook_signature": f"v1,é {signature()}"}, "webhook-signature"),
        ({"webhook_signature": "v1,\ud800"}, "webhook-signature"),
        ({"webhook_signature": " ".join([signature()] * 150)}, "webhook-signature"),
        ({"webhook_signature": " ".join([signature()] * (MAX_SIGNATURES + 1))}, "webhook-signature"),
        ({"webhook_signature": "v1," + "A" * 5000}, "webhook-signature"),
    ],
)
def test_a_missing_doubled_or_malformed_header_is_refused_by_name(headers: dict[str, str], named: str):
    event = a_webhook()
    spoilt = {name.replace("_", "-"): value for name, value in headers.items()}
    given = {name: value for name, value in (event["headers"] | spoilt).items() if value is not None}

    with pytest.raises(RejectedWebhookError, match=f"{named} is missing or malformed") as rejected:
        stamp_from(given)

    assert rejected.value.status == HTTPStatus.BAD_REQUEST


@pytest.mark.parametrize(
    "given",
    [
        f"{signature()} {spoil(signature())}",
        f"{spoil(signature())} {signature()}",
        f"{signature(secret=OTHER_SECRET)} {signature()}",
        f"v1a,{'A' * 86}== {signature()}",
        f"  {signature()}  ",
        " ".join([spoil(signature())] * (MAX_SIGNATURES - 1) + [signature()]),
        signature().removeprefix("v1,"),
    ],
    ids=["first", "last", "rotation", "beside-v1a", "spaces", "tenth", "no-version"],
)
def test_any_of_several_signatures_may_match(given: str):
    keys, _ = keys_from(SECRET)

    stamp = stamp_from(a_webhook(webhook_signature=given)["headers"])

    assert is_signed(stamp, BODY.decode(), keys)


@pytest.mark.parametrize(
    "given",
    [
        spoil(signature()),
        signature()[:-1],
        signature()[:-4],
        signature()[:7],
        signature() + "=",
        signature().replace("v1,", "v1a,"),
        signature().replace("v1,", "v2,"),
        signature(secret=OTHER_SECRET),
        signature(webhook_id="wh_2"),
        signature(timestamp="1795253401"),
        signature(BODY + b"\n"),
    ],
    ids=[
        *("spoilt", "truncated", "truncated-block", "stump", "padded", "v1a", "v2", "other-key"),
        *("other-id", "other-timestamp", "other-body"),
    ],
)
def test_a_forged_signature_does_not_match(given: str):
    keys, _ = keys_from(SECRET)

    stamp = stamp_from(a_webhook(webhook_signature=given)["headers"])

    assert not is_signed(stamp, BODY.decode(), keys)


@pytest.mark.parametrize("secrets", [f"{SECRET} {OTHER_SECRET}", f"{OTHER_SECRET}\n{SECRET}\n"])
def test_any_of_several_secrets_may_match(secrets: str):
    keys, unusable = keys_from(secrets)

    stamp = stamp_from(a_webhook()["headers"])

    assert is_signed(stamp, BODY.decode(), keys)
    assert (len(keys), unusable) == (2, 0)


@pytest.mark.parametrize(
    "secret",
    [
        "whsec_",
        f"whsec_{base64.b64encode(b'k' * (MIN_KEY_BYTES - 1)).decode()}",
        SECRET.removeprefix("whsec_"),
        f"v1,{SECRET}",
        f'{{"secret":"{SECRET}"}}',
        f"whsec_{SECRET}",
        SECRET.rstrip("="),
        "whsec_not*base64*at*all*but*quite*long*enough",
        "whsec_ünïcödé",
        "\ud800",
        "your-webhook-secret-here",
    ],
)
def test_a_secret_that_cannot_be_a_key_is_passed_over_and_counted(secret: str):
    keys, unusable = keys_from(f"{secret} {SECRET}")

    assert (len(keys), unusable) == (1, 1)
    assert keys_from(secret) == ((), 1)


@pytest.mark.parametrize("secrets", ["", " ", "\n\t"])
def test_no_secret_is_no_key(secrets: str):
    assert keys_from(secrets) == ((), 0)


def test_the_shortest_key_that_the_specification_allows_is_taken():
    keys, unusable = keys_from(f"whsec_{base64.b64encode(b'k' * MIN_KEY_BYTES).decode()}")

    assert (len(keys), unusable) == (1, 0)


def test_nothing_is_signed_where_there_is_no_key():
    stamp = stamp_from(a_webhook()["headers"])

    assert not is_signed(stamp, BODY.decode(), [])
