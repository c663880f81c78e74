"""Which webhooks were handled already: a record for each delivery, kept for seven days.

OpenAI retries for 72 hours and SQS delivers more than once, always with the same `webhook-id`. The record is
claimed before the look, so that duplicates arriving together cost one look, and closed after it, so that a
crash in between leaves the webhook to its next delivery.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from contracts import instant
from contracts.errors import RetryLaterError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 7 * 24 * 3600
LEASE_SECONDS = 70
"""Longer than a worker lives."""
PATIENCE_SECONDS = (2, 5)
"""How long a duplicate waits for the delivery that is being handled, each time; after that, for its lease."""

is_new = "attribute_not_exists(pk)"
lease_ran_out = "lease_until < :now"
"""A delivery that was handled has no lease."""
claim_is_this_one = "(claimed_by = :owner AND lease_until = :until)"
"""The reply to it was lost, and botocore asks again."""
claim_is_ours = "claimed_by = :owner"


class DeliveryLedger:
    """Claims deliveries, and remembers those that were handled."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    @contextmanager
    def claim(self, webhook_id: str, *, owner: str, receive_count: int) -> Iterator[bool]:
        """Hold a delivery for the length of a `with`; its value says whether there is anything to do.

        If the body raises, the claim is given back.

        Raises:
            RetryLaterError: Another worker is at it.
        """
        key = {"pk": {"S": f"webhook#{webhook_id}"}, "sk": {"S": "delivery"}}
        is_ours = self._claim(key, owner, receive_count)
        try:
            yield is_ours
        except BaseException:
            if is_ours:
                self._give_back(key, owner)
            raise
        if is_ours:
            self._close(key, owner)

    def _claim(self, key: dict[str, dict[str, str]], owner: str, receive_count: int) -> bool:
        # At first there is seldom anything to read; one that comes back has often been handled meanwhile.
        now = int(instant.now().timestamp())
        known = self._known(key) if receive_count > 1 else None
        if known is None or _seconds_left(known, now) < 0:
            known = self._take(key, owner, now)
        if known is None:
            return True
        if known["outcome"]["S"] == "handled":
            return False
        is_patient = receive_count <= len(PATIENCE_SECONDS)
        delay = PATIENCE_SECONDS[receive_count - 1] if is_patient else _seconds_left(known, now) + 1
        raise RetryLaterError("the webhook is being handled", delay_seconds=delay)

    def _known(self, key: dict[str, dict[str, str]]) -> Mapping[str, Any] | None:
        return self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True).get("Item")

    def _take(self, key: dict[str, dict[str, str]], owner: str, now: int) -> Mapping[str, Any] | None:
        """Claim a delivery, or give the record that stands in the way."""
        until = {"N": str(now + LEASE_SECONDS)}
        claim = {
            "outcome": {"S": "claimed"},
            "claimed_by": {"S": owner},
            "lease_until": until,
            "expires_at": {"N": str(now + KEPT_SECONDS)},
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item=key | claim,
                ConditionExpression=f"{is_new} OR {lease_ran_out} OR {claim_is_this_one}",
                ExpressionAttributeValues={
                    ":now": {"N": str(now)},
                    ":owner": {"S": owner},
                    ":until": until,
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            response: Any = error.response  # the stubs do not know what was asked for
            standing: Mapping[str, Any] = response["Item"]
            return standing
        return None

    def _close(self, key: dict[str, dict[str, str]], owner: str) -> None:
        try:
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=key,
                UpdateExpression="SET outcome = :handled REMOVE lease_until",
                ConditionExpression=claim_is_ours,
                ExpressionAttributeValues={":handled": {"S": "handled"}, ":owner": {"S": owner}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return  # the lease ran out and another worker has it: that one closes it

    def _give_back(self, key: dict[str, dict[str, str]], owner: str) -> None:
        try:
            self._dynamodb.delete_item(
                TableName=self._table_name,
                Key=key,
                ConditionExpression=claim_is_ours,
                ExpressionAttributeValues={":owner": {"S": owner}},
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException:
            return


def _seconds_left(known: Mapping[str, Any], now: int) -> int:
    """Count the seconds of a claim's lease; a delivery that was handled has none and needs none."""
    return int(known["lease_until"]["N"]) - now if "lease_until" in known else 0
