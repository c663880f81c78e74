"""The run table as a plan needs it: read as it is now, never written."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, assert_never

from botocore.exceptions import BotoCoreError, ClientError
from contracts.errors import UnreadableItemError
from contracts.items import call_key, from_item, is_of_deleted, run_key
from contracts.messages import CallMessage, Message, RunMessage, WebhookMessage
from contracts.records import Call, Run

from runrelay.dlq.letter import Unreadable, resource_id
from runrelay.dlq.plan import Delivery, Known

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class NotReadError(Exception):
    """The table did not tell, or told what this checkout does not understand."""


class RunTable:
    """Reads what is known of a message's subject."""

    def __init__(self, dynamodb: "DynamoDBClient", name: str) -> None:
        self._dynamodb = dynamodb
        self._name = name

    def known(self, message: Message | Unreadable) -> Known:
        """Read the records that decide what becomes of a message.

        Raises:
            NotReadError: They cannot be read.
        """
        try:
            return self._known(message)
        except (BotoCoreError, ClientError, UnreadableItemError) as error:
            raise NotReadError(str(error)) from error
        except (KeyError, TypeError, ValueError) as error:
            raise NotReadError(f"a record of an unknown shape ({type(error).__name__})") from error

    def _known(self, message: Message | Unreadable) -> Known:
        match message:
            case RunMessage():
                return Known(run=self._run(message.run_id))
            case CallMessage():
                call = self._item(call_key(message.run_id, message.turn, message.call_id))
                return Known(run=self._run(message.run_id), call=from_item(Call, call) if call else None)
            case WebhookMessage():
                run_id = self._run_id_of(resource_id(message))
                return Known(
                    run=self._run(run_id) if run_id else None, delivery=self._delivery(message.webhook_id)
                )
            case Unreadable():
                return Known()
            case _:
                assert_never(message)

    def _run(self, run_id: str) -> Run | None:
        item = self._item(run_key(run_id))
        return from_item(Run, item) if item and not is_of_deleted(item) else None

    def _delivery(self, webhook_id: str) -> Delivery | None:
        """Read how the worker's delivery ledger left a webhook."""
        item = self._item({"pk": {"S": f"webhook#{webhook_id}"}, "sk": {"S": "delivery"}})
        if item is None:
            return None
        lease = item.get("lease_until")
        return Delivery(
            is_handled=item["outcome"]["S"] == "handled",
            lease_until=datetime.fromtimestamp(int(lease["N"]), UTC) if lease else None,
        )

    def _run_id_of(self, provider_id: str | None) -> str | None:
        """Find a resource's run in the index, which cannot be read consistently."""
        if provider_id is None:
            return None
        answer = self._dynamodb.query(
            TableName=self._name,
            IndexName="ProviderIndex",
            KeyConditionExpression="provider_id = :provider_id",
            ExpressionAttributeValues={":provider_id": {"S": provider_id}},
            Limit=1,
        )
        return next((item["pk"]["S"] for item in answer["Items"]), None)

    def _item(self, key: dict[str, dict[str, str]]) -> Any:  # noqa: ANN401 - an item of any shape
        return self._dynamodb.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item")
