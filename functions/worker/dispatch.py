"""From a message to the run it is about."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from contracts import instant
from contracts.errors import NotKnownError, ProviderBusyError, ProviderRefusedError, RetryLaterError
from contracts.messages import CallMessage, Message, RunMessage, UnknownMessageError, WebhookMessage
from contracts.records import Alias, Event
from contracts.status import Kind

from functions.worker.announcements import Announcements
from functions.worker.core.observation import TurnSeen, Woken
from functions.worker.deliveries import DeliveryLedger
from functions.worker.engine import Engine
from functions.worker.gate import Gates
from functions.worker.openai.plain_json import object_in, text_in
from functions.worker.openai.provider import Provider
from functions.worker.run_store import RunStore

KIND_OF_EVENT: Mapping[str, Kind] = {"response": "response", "agent.session": "session"}
"""An event type without its last word -> the kind of run it is about. Any other event is only relayed."""

NOTHING_TO_SEE = frozenset({"created", "in_progress"})
"""Last words that tell of nothing to do: a resource without a run is not looked at for them."""

TOLD_BY_TURNS = frozenset({"completed", "failed", "cancelled", "incomplete", "action_required", "idle"})
"""Last words of what a run's timeline tells as the end of a turn; any other event of a run is noted there."""

RESOURCE_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")

INDEX_DELAY_SECONDS = 2
"""How long an idle session that belongs to no run yet is left alone: its run's record may just be written."""


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Hands each message to the engine."""

    engine: Engine
    store: RunStore
    providers: Mapping[Kind, Provider]
    gates: Gates
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
                        run_id = self._look_for_webhook(message, receive_count)
                        self.announcements.webhook_relayed(message.webhook_id, message.event, run_id)
            case CallMessage():
                raise UnknownMessageError("a call message on the run queue")

    def _look_for_webhook(self, message: WebhookMessage, receive_count: int) -> str | None:
        """Look at the run that a webhook belongs to, and give its id; none belongs to events of others."""
        data = object_in(message.event.get("data"))
        resource_id = text_in(data.get("id"))
        if not RESOURCE_ID.fullmatch(resource_id):
            return None
        about, _, says = text_in(message.event.get("type")).rpartition(".")
        kind = KIND_OF_EVENT.get(about)
        woken = Woken(by="webhook", about=resource_id, says=says, is_redelivery=receive_count > 1)
        run_id = self.store.run_id_of(resource_id)
        if run_id is None:
            return self._look_for_stranger(kind, woken, receive_count) if kind else None
        if kind is None or says not in TOLD_BY_TURNS:
            self._note(run_id, message)
        if kind is not None:
            self._keep_environment(run_id, text_in(data.get("environment_id")))
            self.engine.look(run_id, woken)
        return run_id

    def _look_for_stranger(self, kind: Kind, woken: Woken, receive_count: int) -> str | None:
        """Look at a resource we have no record of: its metadata may name a run of ours."""
        assert woken.about is not None, "a webhook is about something"  # noqa: S101
        if woken.says in NOTHING_TO_SEE:
            return None
        if woken.says == "idle" and receive_count == 1:
            raise RetryLaterError("an idle session without a run", delay_seconds=INDEX_DELAY_SECONDS)
        seen = self._find(kind, woken.about)
        if seen is None or seen.run_id is None or seen.run_turn is None:
            return None
        self.engine.look(seen.run_id, woken, seen)
        return seen.run_id

    def _find(self, kind: Kind, provider_id: str) -> TurnSeen | None:
        provider = self.providers[kind]
        if seconds := self.gates.seconds_closed(provider.gate, provider_id):
            raise RetryLaterError("the provider's gate is closed", delay_seconds=seconds)
        try:
            return provider.look(provider_id)
        except (NotKnownError, ProviderRefusedError):
            return None
        except ProviderBusyError as error:
            raise RetryLaterError(str(error), delay_seconds=error.retry_after_seconds or 5) from error

    def _keep_environment(self, run_id: str, environment_id: str) -> None:
        """Remember the environment of a run's session, so that its own events are found to be the run's."""
        if environment_id:
            self.store.put(Alias(run_id, environment_id))

    def _note(self, run_id: str, message: WebhookMessage) -> None:
        """Put a webhook that moves nothing on its run's timeline."""
        facts: dict[str, Any] = {"webhook_id": message.webhook_id, "event_type": message.event.get("type")}
        self.store.put(Event(run_id, instant.now(), "webhook_received", facts))
