"""Which webhooks were handled already: a record for each delivery, kept for seven days.

OpenAI retries for 72 hours and SQS delivers more than once, always with the same `webhook-id`. The record is
claimed before the look, so that duplicates arriving together cost one look, and closed after it, so that a
crash in between leaves the webhook to its next delivery.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from runrelay.errors import RetryLaterError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

KEPT_SECONDS = 7 * 24 * 3600
LEASE_SECONDS = 40
"""Longer than a worker lives."""
PATIENCE_SECONDS = (2, 5)
"""How long a duplicate waits for the delivery that is being handled, each time; after that, for its lease."""

is_new = "attribute_not_exists(pk)"
lease_ran_out = "(outcome = :claimed AND lease_until < :now)"
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
        now = int(time.time())
        known = self._dynamodb.get_item(TableName=self._table_name, Key=key, ConsistentRead=True).get("Item")
        if known is not None:
            if known["outcome"]["S"] == "handled":
                return False
            self._wait_for_owner(int(known["lease_until"]["N"]) - now, receive_count)
        claim = {
            "outcome": {"S": "claimed"},
            "claimed_by": {"S": owner},
            "lease_until": {"N": str(now + LEASE_SECONDS)},
            "expires_at": {"N": str(now + KEPT_SECONDS)},
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table_name,
                Item=key | claim,
                ConditionExpression=f"{is_new} OR {lease_ran_out} OR {claim_is_ours}",
                ExpressionAttributeValues={
                    ":claimed": {"S": "claimed"},
                    ":now": {"N": str(now)},
                    ":owner": {"S": owner},
                },
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise RetryLaterError(
                "the webhook is being handled", delay_seconds=PATIENCE_SECONDS[0]
            ) from error
        return True

    def _wait_for_owner(self, seconds_left: int, receive_count: int) -> None:
        if seconds_left > 0:
            is_patient = receive_count <= len(PATIENCE_SECONDS)
            delay = PATIENCE_SECONDS[receive_count - 1] if is_patient else seconds_left + 1
            raise RetryLaterError("the webhook is being handled", delay_seconds=delay)

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
