"""The records of calls as the tool function uses them: claimed before a tool runs, closed after.

A claim has an owner, new for every delivery, and a fence, which counts the claims; whatever the owner writes
later is conditional on both. A call whose owner's lease ran out is taken over, and the old owner can write
nothing any more; what is done about the call then is not the ledger's business.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from contracts import instant
from contracts.errors import StaleReadError, UnreadableItemError
from contracts.items import FORMAT, attributes, call_key, from_item
from contracts.messages import CallMessage
from contracts.records import RUN_OVER, Call, Failure

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

is_pending = "outcome = :pending"
is_run_here = "(attribute_not_exists(executor) OR executor = :tools)"
lease_ran_out = "(outcome = :running AND lease_until < :now)"
is_of_known_format = "(attribute_not_exists(#format) OR #format <= :known)"
claim_is_ours = "#owner = :owner AND fence = :fence AND outcome = :running"
run_goes_on = "attribute_not_exists(withdrawn_at)"

NOT_RUNNING = {"lease_until": None, "started_at": None}
NOT_DECIDED = {"decision": None, "decision_reason": None, "decided_at": None, "decided_by": None}


@dataclass(frozen=True, slots=True)
class Claimed:
    """The call is ours to run; nobody has."""

    call: Call


@dataclass(frozen=True, slots=True)
class TakenOver:
    """The call is ours; whoever had it died, and whether its tool took effect is unknown."""

    call: Call


@dataclass(frozen=True, slots=True)
class NotOurs:
    """The call is over, or waits for a person, or somebody else holds it."""

    call: Call


type Claim = Claimed | TakenOver | NotOurs


class CallLedger:
    """Claims calls and writes what comes of them."""

    def __init__(self, dynamodb: "DynamoDBClient", table_name: str) -> None:
        self._dynamodb = dynamodb
        self._table_name = table_name

    def claim(self, message: CallMessage, *, owner: str, lease: timedelta) -> Claim | None:
        """Take a call, or say how it stands; `None` if there is no such call.

        Raises:
            UnreadableItemError: It cannot be read, and is left as it was, for code that can read it.
        """
        values = {":pending": "pending", ":tools": "tools"}
        try:
            call, is_ours = self._take(message, owner, lease, f"{is_pending} AND {is_run_here}", values)
        except UnreadableItemError:
            self._undo_claim(message, owner)
            raise
        if call and is_ours:
            return Claimed(call)
        if call and _is_abandoned(call):
            call, is_ours = self._take(message, owner, lease, lease_ran_out, {})
            if call and is_ours:
                return TakenOver(call)
        return NotOurs(call) if call else None

    def _take(
        self, message: CallMessage, owner: str, lease: timedelta, condition: str, values: Mapping[str, str]
    ) -> tuple[Call | None, bool]:
        """Take a call on a condition; give it as it stands now, and whether it is ours."""
        now = instant.now()
        try:
            answer = self._dynamodb.update_item(
                TableName=self._table_name,
                Key=call_key(message.run_id, message.turn, message.call_id),
                UpdateExpression="SET outcome = :running, #owner = :owner, lease_until = :until, "
                "started_at = :now REMOVE wait_until, #error, detail ADD fence :one",
                ConditionExpression=f"{condition} AND {is_of_known_format}",
                ExpressionAttributeNames={"#owner": "owner", "#error": "error", "#format": "format"},
                ExpressionAttributeValues=attributes(
                    {
                        **values,
                        ":running": "running",
                        ":owner": owner,
                        ":now": now,
                        ":until": now + lease,
                        ":one": 1,
                        ":known": FORMAT,
                    }
                ),
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            found = _found(error.response)
            # Our own claim, whose reply was lost: the owner is new for every delivery.
            return found, found is not None and found.outcome == "running" and found.owner == owner
        return from_item(Call, answer["Attributes"]), True

    def _undo_claim(self, message: CallMessage, owner: str) -> None:
        """Have a call that was pending be so again, if this owner has it; its claim does not count."""
        with suppress(self._dynamodb.exceptions.ConditionalCheckFailedException):
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=call_key(message.run_id, message.turn, message.call_id),
                UpdateExpression="SET outcome = :pending REMOVE lease_until, started_at ADD fence :less",
                ConditionExpression="#owner = :owner AND outcome = :running",
                ExpressionAttributeNames={"#owner": "owner"},
                ExpressionAttributeValues=attributes(
                    {":pending": "pending", ":less": -1, ":owner": owner, ":running": "running"}
                ),
            )

    def close(self, call: Call, *, is_begun: bool = True, **changes: Any) -> Call:  # noqa: ANN401 - fields
        """Write a call's outcome, if the claim is still ours.

        Args:
            is_begun: Whether anything of it was begun under this claim.

        Raises:
            StaleReadError: It is not: somebody else has the call by now.
        """
        return self._write(call, {**changes, "ended_at": instant.now(), **_counted(call, is_begun=is_begun)})

    def ask(
        self,
        call: Call,
        *,
        wait_until: datetime,
        error: Failure | None,
        detail: str | None,
        is_begun: bool = True,
    ) -> Call:
        """Leave a call to a person, if the claim is still ours; what was decided before counts no longer.

        Args:
            error: What the model is to be told if the person does not want it run, where it is known by now.
            is_begun: Whether anything of it was begun under this claim.

        Raises:
            StaleReadError: It is not: somebody else has the call by now.
        """
        asked_at = call.asked_at or instant.now()
        question = {"asked_at": asked_at, "wait_until": wait_until, "error": error, "detail": detail}
        asked = {"outcome": "awaiting_decision", **question, **NOT_DECIDED, **NOT_RUNNING}
        return self._write(call, {**asked, **_counted(call, is_begun=is_begun)})

    def release(self, call: Call) -> Call:
        """Have a call that was not run claimed again at once, if the claim is still ours.

        One whose run has ended meanwhile is closed instead.

        Raises:
            StaleReadError: It is not: somebody else has the call by now.
        """
        released = {"outcome": "pending", **NOT_RUNNING, **_counted(call, is_begun=False)}
        try:
            return self._write(call, released, f"{claim_is_ours} AND {run_goes_on}")
        except StaleReadError:
            return self.close(call, is_begun=False, outcome="denied", error=RUN_OVER)

    def _write(self, call: Call, changes: Mapping[str, Any], condition: str = claim_is_ours) -> Call:
        """Change a call of ours; `None` takes an attribute away."""
        written = attributes(changes)
        removed = changes.keys() - written.keys()
        remove = "REMOVE " + ", ".join(f"#{name}" for name in sorted(removed)) if removed else ""
        try:
            self._dynamodb.update_item(
                TableName=self._table_name,
                Key=call_key(call.run_id, call.turn, call.call_id),
                UpdateExpression=f"SET {', '.join(f'#{name} = :{name}' for name in written)} {remove}",
                ConditionExpression=condition,
                ExpressionAttributeNames={"#owner": "owner", **{f"#{name}": name for name in changes}},
                ExpressionAttributeValues={
                    **{f":{name}": value for name, value in written.items()},
                    **attributes({":owner": call.owner, ":fence": call.fence, ":running": "running"}),
                },
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except self._dynamodb.exceptions.ConditionalCheckFailedException as error:
            found = _found(error.response)
            # Our own write, whose reply was lost: no other has this claim.
            if found is None or _claim_of(found) != _claim_of(call) or found.outcome != changes["outcome"]:
                raise StaleReadError(call.call_id) from error
        return replace(call, **changes)


def _found(response: Any) -> Call | None:  # noqa: ANN401 - the stubs do not know of a refusal's item
    item = response.get("Item")
    return from_item(Call, item) if item else None


def _counted(call: Call, *, is_begun: bool) -> Mapping[str, int]:
    """Take a claim under which nothing was begun out of the count of attempts."""
    return {} if is_begun else {"given_back": call.given_back + 1}


def _claim_of(call: Call) -> tuple[str | None, int]:
    return call.owner, call.fence


def _is_abandoned(call: Call) -> bool:
    return call.outcome == "running" and call.lease_until is not None and call.lease_until < instant.now()
