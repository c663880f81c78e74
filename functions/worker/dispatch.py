"""From a message to the run it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runrelay.errors import NotKnownError, ProviderBusyError, ProviderRefusedError, RetryLaterError
from runrelay.messages import CallMessage, Message, RunMessage, UnknownMessageError, WebhookMessage
from runrelay.status import Kind

from functions.worker.announcements import Announcements
from functions.worker.core.observation import TurnSeen, Woken
from functions.worker.deliveries import DeliveryLedger
from functions.worker.engine import Engine
from functions.worker.provider import Provider
from functions.worker.run_store import RunStore

KIND_OF_EVENT_FAMILY: Mapping[str, Kind] = {"response": "response"}
"""The first word of an event type -> the kind of run it can be about. Any other event is relayed."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Hands each message to the engine."""

    engine: Engine
    store: RunStore
    providers: Mapping[Kind, Provider]
    deliveries: DeliveryLedger
    announcements: Announcements
    owner: str

    def handle(self, message: Message, receive_count: int) -> None:
        """Do what a message asks for; it asks for a look, and never says what will be seen.

        Raises:
            RetryLaterError: It must come back.
        """
        match message:
            case RunMessage():
                woken = Woken(by=message.reason, is_redelivery=receive_count > 1, attempt=message.attempt)
                self.engine.look(message.run_id, woken)
            case WebhookMessage():
                with self.deliveries.claim(
                    message.webhook_id, owner=self.owner, receive_count=receive_count
                ) as is_new:
                    if is_new:
                        self._look_for_webhook(message, receive_count)
            case CallMessage():
                raise UnknownMessageError("a call message on the run queue")

    def _look_for_webhook(self, message: WebhookMessage, receive_count: int) -> None:
        provider_id = _resource_id(message.event)
        kind = KIND_OF_EVENT_FAMILY.get(message.event["type"].partition(".")[0])
        if kind is None or provider_id is None:
            self.announcements.webhook_relayed(message.webhook_id, message.event)
            return
        woken = Woken(by="webhook", about=provider_id, is_redelivery=receive_count > 1)
        if run_id := self.store.run_id_of(provider_id):
            self.engine.look(run_id, woken)
        elif (found := self._find(kind, provider_id)) and (run_id := _run_id_of(found)):
            self.engine.look(run_id, woken, found)
        else:
            self.announcements.webhook_relayed(message.webhook_id, message.event)

    def _find(self, kind: Kind, provider_id: str) -> TurnSeen | None:
        """Look at a resource we have no record of: its metadata may name a run of ours."""
        try:
            return self.providers[kind].look(provider_id)
        except (NotKnownError, ProviderRefusedError):
            return None
        except ProviderBusyError as error:
            raise RetryLaterError(str(error), delay_seconds=error.retry_after_seconds or 5) from error


def _resource_id(event: Mapping[str, Any]) -> str | None:
    data = event.get("data")
    resource_id = data.get("id") if isinstance(data, dict) else None
    return resource_id if isinstance(resource_id, str) and resource_id else None


def _run_id_of(seen: TurnSeen) -> str | None:
    """Read the run id from a resource's metadata; without a turn beside it, it is not ours."""
    run_id = (seen.body.get("metadata") or {}).get("run_id")
    return run_id if isinstance(run_id, str) and run_id and seen.run_turn is not None else None
