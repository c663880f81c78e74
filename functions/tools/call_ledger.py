"""The records of calls as the tool function uses them: claimed before a tool runs, closed after."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from runrelay import instant
from runrelay.errors import StaleReadError
from runrelay.items import attributes, call_key, from_item
from runrelay.messages import CallMessage
from runrelay.records import Call

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

is_unclaimed = "outcome = :pending"
lease_ran_out = "(outcome = :running AND lease_until < :now)"
may_run_again = "effect IN (:pure, :keyed)"
claim_is_ours = "#owner = :owner AND fence = :fence AND outcome = :running"


@dataclass(frozen=True, slots=True)
class Claimed:
    """The call is ours to run."""

    call: Call


@dataclass(frozen=True, slots=True)
class NotOurs:
    """The call is over, or somebody else holds it."""

    call: Call


class CallLedger:
    """Claims calls and writes their outcomes."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def claim(self, message: CallMessage, *, owner: str, lease: timedelta) -> Claimed | NotOurs | None:
        """Take a call, or say how it stands; `None` if there is no such call.

        A call whose owner died may be taken again only if its effect allows it.
        """
        now = instant.now()
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table_name,
                Key=call_key(message.run_id, message.turn, message.call_id),
                UpdateExpression="SET outcome = :running, #owner = :owner, lease_until = :until, "
                "started_at = :now ADD fence :one",
                ConditionExpression=f"{is_unclaimed} OR ({lease_ran_out} AND {may_run_again})",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=attributes(
                    {
                        ":pending": "pending",
                        ":running": "running",
                        ":pure": "pure",
                        ":keyed": "keyed",
                        ":owner": owner,
                        ":now": now,
                        ":until": now + lease,
                        ":one": 1,
                    }
                ),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            return self._refused(error.response, owner)
        return Claimed(from_item(Call, answer["Attributes"]))

    def _refused(self, response: Any, owner: str) -> Claimed | NotOurs | None:  # noqa: ANN401
        item = response.get("Item")
        if item is None:
            return None
        call = from_item(Call, item)
        # Our own claim, whose reply was lost: the owner is new for every delivery.
        return Claimed(call) if call.outcome == "running" and call.owner == owner else NotOurs(call)

    def close(self, call: Call, **changes: Any) -> Call:  # noqa: ANN401 - fields of a call
        """Write a call's outcome, if the claim is still ours.

        Raises:
            StaleReadError: It is not: somebody else has the call by now.
        """
        closed = replace(call, **changes, ended_at=instant.now())
        written = attributes({**changes, "ended_at": closed.ended_at})
        try:
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=call_key(call.run_id, call.turn, call.call_id),
                UpdateExpression="SET " + ", ".join(f"#{name} = :{name}" for name in written),
                ConditionExpression=claim_is_ours,
                ExpressionAttributeNames={"#owner": "owner", **{f"#{name}": name for name in written}},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in written.items()},
                    **attributes({":owner": call.owner, ":fence": call.fence, ":running": "running"}),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            raise StaleReadError(call.call_id) from error
        return closed


def seconds_until(moment: datetime) -> int:
    """Count whole seconds until a moment, at least one."""
    return max(1, int((moment - instant.now()).total_seconds()) + 1)
