"""Whatever the SDK accepts as genuine, we accept."""

import base64
import time
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from openai import InvalidWebhookSignatureError, OpenAI

from functions.webhook.rejection import RejectedWebhookError
from functions.webhook.verification import check_age, is_signed, keys_from, stamp_from
from tests.unit.webhook.openai_sender import a_webhook, signature

TOLERANCE_SECONDS = 300
SLACK_SECONDS = 10
"""Between the clock that the SDK reads and the one that we do; the exact edge is tested elsewhere."""
openai = OpenAI(api_key="unused")

secrets = st.binary(min_size=24, max_size=64).map(lambda key: f"whsec_{base64.b64encode(key).decode()}")
ids = st.from_regex(r"\Awh_[0-9a-f]{32}\Z")
texts = st.text(st.characters(codec="utf-8")).map(str.encode)
offsets = st.integers(-TOLERANCE_SECONDS - 5, TOLERANCE_SECONDS + 5)


@given(signed_with=st.lists(secrets, min_size=1, max_size=3), webhook_id=ids, body=texts, offset=offsets)
def test_a_generated_webhook_is_genuine_for_us_when_it_is_for_the_sdk(
    signed_with: list[str], webhook_id: str, body: bytes, offset: int
):
    sent_at = datetime.fromtimestamp(int(time.time()) + offset, UTC)
    timestamp = str(int(sent_at.timestamp()))
    signatures = [
        signature(body, secret=each, webhook_id=webhook_id, timestamp=timestamp) for each in signed_with
    ]
    event = a_webhook(body, sent_at=sent_at, webhook_id=webhook_id, webhook_signature=" ".join(signatures))

    accepted = [secret for secret in signed_with if sdk_accepts(event, secret)]

    assert [secret for secret in accepted if we_accept(event, secret)] == accepted
    assert abs(offset) > TOLERANCE_SECONDS - SLACK_SECONDS or accepted == signed_with


def sdk_accepts(event: dict[str, Any], secret: str) -> bool:
    try:
        openai.webhooks.verify_signature(
            event["body"], event["headers"], secret=secret, tolerance=TOLERANCE_SECONDS
        )
    except InvalidWebhookSignatureError:
        return False
    return True


def we_accept(event: dict[str, Any], secret: str) -> bool:
    keys, _ = keys_from(secret)
    tolerance = timedelta(seconds=TOLERANCE_SECONDS + SLACK_SECONDS)
    stamp = stamp_from(event["headers"])
    try:
        check_age(stamp, now=datetime.now(UTC), tolerance=tolerance)
    except RejectedWebhookError:
        return False
    return is_signed(stamp, event["body"], keys)
