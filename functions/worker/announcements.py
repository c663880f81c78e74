"""What the rest of the world hears, on EventBridge."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError
from runrelay.records import Run

if TYPE_CHECKING:
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_events.type_defs import PutEventsRequestEntryTypeDef

SOURCE = "runrelay"


class Announcements:
    """Tells subscribers what changed. An event that cannot be sent is logged; it never holds up a run."""

    def __init__(self, events: "EventBridgeClient", logger: Logger) -> None:
        self._events = events
        self._logger = logger

    def status_changed(self, run: Run, status_from: str) -> None:
        """Announce `Run Status Changed`."""
        facts = {"run_id": run.run_id, "status_from": status_from, "status_to": run.status, "turn": run.turn}
        self._logger.info("run advanced", extra=facts | {"error_code": run.error and run.error.code})
        self._put(
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

    def webhook_relayed(self, webhook_id: str, event: Mapping[str, Any]) -> None:
        """Announce `Webhook Relayed`: an event that moved no run of ours, with its raw data."""
        self._put("Webhook Relayed", {"webhook_id": webhook_id, "event": event})

    def _put(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        entry: PutEventsRequestEntryTypeDef = {
            "Source": SOURCE,
            "DetailType": detail_type,
            "Detail": json.dumps(detail),
        }
        try:
            answer = self._events.put_events(Entries=[entry])
        except (BotoCoreError, ClientError):
            self._logger.exception("event not announced", extra={"detail_type": detail_type})
            return
        if answer["FailedEntryCount"]:
            code = answer["Entries"][0].get("ErrorCode")
            self._logger.error("event not announced", extra={"detail_type": detail_type, "code": code})
