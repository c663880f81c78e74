"""What the rest of the world hears, on EventBridge."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from contracts import instant
from contracts.error_facts import facts_of
from contracts.errors import EventNotSentError
from contracts.lasting_errors import is_of_aws
from contracts.records import Call, Run

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "runrelay"

MAX_ARGUMENTS = 150_000
"""Characters of arguments as the event quotes them; it has room for 256 KB, and JSON may quote one by six."""

MAX_RELAYED = 240_000
"""Bytes of a webhook's event as JSON in ASCII; the same room, less what stands around it."""

MAX_RELAYED_WORD = 200


class Announcements:
    """Tells subscribers what changed. One about a run that cannot be sent is logged, and holds up no run.

    The end of a run, its deletion, and a call that waits for somebody, are announced at least once, unless
    EventBridge is down for hours.
    """

    def __init__(self, events: "Callable[[], EventBridgeClient]", logger: Logger, *, stack: str) -> None:
        """Announce to a client's default bus, which an account's other stacks announce to as well.

        Args:
            stack: The name of ours: each event's resource, and in each detail.
        """
        self._events = events
        self._logger = logger
        self._stack = stack

    def status_changed(self, run: Run, status_from: str | None) -> bool:
        """Announce `Run Status Changed`; say whether it could be.

        Args:
            status_from: `None` for an end that may have been announced before.
        """
        facts = {"run_id": run.run_id, "status_from": status_from, "status_to": run.status, "turn": run.turn}
        self._logger.info("run advanced", extra=facts | {"error_code": run.error and run.error.code})
        return self._put(
            "Run Status Changed",
            {
                "run_id": run.run_id,
                "kind": run.kind,
                "status": run.status,
                "status_from": status_from,
                "turn": run.turn,
                "metadata": dict(run.metadata),
                "error": run.error and {"code": run.error.code, "message": run.error.message},
            },
        )

    def call_awaits(self, run: Run, call: Call, arguments: str) -> bool:
        """Announce `Call Awaiting Decision`, or `Call Awaiting Output` for a call that is run elsewhere.

        Says whether it could be.

        Arguments too long for an event are left out; the API shows them.
        """
        detail_type = "Decision" if call.outcome == "awaiting_decision" else "Output"
        fits = len(json.dumps(arguments)) <= MAX_ARGUMENTS
        return self._put(
            f"Call Awaiting {detail_type}",
            {
                "run_id": run.run_id,
                "kind": run.kind,
                "turn": call.turn,
                "call_id": call.call_id,
                "type": call.type,
                "name": call.name,
                "arguments": arguments if fits else None,
                "wait_until": call.wait_until and instant.to_text(call.wait_until),
                "metadata": dict(run.metadata),
            },
        )

    def run_deleted(self, run: Run) -> bool:
        """Announce `Run Deleted`, for whoever keeps something of a run elsewhere; say whether it could be."""
        return self._put("Run Deleted", {"run_id": run.run_id, "kind": run.kind})

    def webhook_relayed(self, webhook_id: str, event: Mapping[str, Any], run_id: str | None) -> None:
        """Announce `Webhook Relayed`: any event, with its raw data and the run it belongs to, if any.

        Of one that EventBridge has no room for, only the id and the type are told, as far as they go.

        Raises:
            EventNotSentError: It could not be. Nothing else tells of it.
        """
        if len(json.dumps(event)) > MAX_RELAYED:
            named = {name: str(event.get(name))[:MAX_RELAYED_WORD] for name in ("id", "type")}
            event = {**named, "data": {}, "data_left_out": True}
        if not self._put("Webhook Relayed", {"webhook_id": webhook_id, "run_id": run_id, "event": event}):
            raise EventNotSentError(webhook_id)

    def _put(self, detail_type: str, detail: Mapping[str, Any]) -> bool:
        entry: PutEventsRequestEntryTypeDef = {
            "Source": SOURCE,
            "DetailType": detail_type,
            "Resources": [self._stack],
            "Detail": json.dumps({"stack": self._stack, **detail}),
        }
        try:
            answer = self._events().put_events(Entries=[entry])
        except Exception as error:
            if not is_of_aws(error):
                raise
            facts = {"detail_type": detail_type, **facts_of(error)}
            self._logger.error("event not announced", extra=facts)
            return False
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode")
            self._logger.error("event not announced", extra={"detail_type": detail_type, "code": code})
            return False
        return True
