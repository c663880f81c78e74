"""From a message to the run it is about."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from contracts import instant
from contracts.error_facts import facts_of
from contracts.errors import (
    DoubtfulError,
    NotKnownError,
    ProviderBusyError,
    ProviderRefusedError,
    RetryLaterError,
    UnreadableItemError,
)
from contracts.items import RUN
from contracts.lasting_errors import will_stay
from contracts.messages import CallMessage, Message, RunMessage, UnknownMessageError, WebhookMessage
from contracts.queue import Queue
from contracts.records import Alias, Event, Failure
from contracts.status import Kind

from functions.worker.announcements import Announcements
from functions.worker.core.observation import TurnSeen, Woken
from functions.worker.deliveries import DeliveryLedger
from functions.worker.engine import Engine
from functions.worker.gate import Gates
from functions.worker.providers.plain_json import Object, object_in, text_in, word_in
from functions.worker.providers.provider import Provider
from functions.worker.run_store import RunStore

KIND_OF_EVENT: Mapping[str, Kind] = {"response": "response", "agent.session": "session"}
"""An event type without its last word -> the kind of run it is about. Any other event is only relayed."""

NOTHING_TO_SEE = frozenset({"created", "in_progress"})
"""Last words that tell of nothing to do: a resource without a run is not looked at for them."""

TOLD_BY_TURNS = frozenset({"completed", "failed", "cancelled", "incomplete", "action_required", "idle"})
"""Last words of what a run's timeline tells as the end of a turn; any other event of a run is noted there."""

RESOURCE_ID = re.compile(r"[A-Za-z0-9_-]{1,200}")

ASK_AGAIN_SECONDS = 5
"""When the provider is asked again whose a webhook is; each time after twice as long."""

MAX_PUT_OFF = 8
"""So often: over twenty minutes. A run of ours is looked at by its checks all the same."""

MAX_NOT_KNOWN = 5
"""The same where it does not know what its webhook is about: over two minutes. It was seen to for 33 s."""

INDEX_DELAY_SECONDS = 2
"""How long an idle session that belongs to no run yet is left alone: its run's record may just be written."""


class NotToldError(Exception):
    """The provider did not say whose something is; it may later."""

    def __init__(self, retry_after_seconds: int | None, *, at_most: int) -> None:
        super().__init__("the provider did not say whose it is")
        self.retry_after_seconds = retry_after_seconds
        self.at_most = at_most


@dataclass(frozen=True, slots=True)
class Dispatcher:
    """Hands each message to the engine."""

    engine: Engine
    store: RunStore
    providers: Mapping[Kind, Provider]
    gates: Gates
    deliveries: DeliveryLedger
    announcements: Announcements
    run_queue: Queue
    owner: Callable[[], str]
    max_receives: int
    logger: Logger
    metrics: Metrics

    def handle(self, message: Message, receive_count: int) -> None:
        """Do what a message asks for; it asks for a look, and never says what will be seen.

        An exception of ours, and not of what we stand on, ends the run at the message's last receive: nobody
        would look at it again with another outcome.

        Raises:
            RetryLaterError: It must come back.
        """
        try:
            self._handle(message, receive_count)
        except Exception as error:
            is_last = receive_count >= self.max_receives
            if not (is_last and will_stay(error) and self._give_up(message, error)):
                raise

    def _handle(self, message: Message, receive_count: int) -> None:
        match message:
            case RunMessage():
                woken = Woken(by=message.reason, is_redelivery=receive_count > 1, attempt=message.attempt)
                self.engine.look(message.run_id, woken)
            case WebhookMessage() if message.attempt:
                try:
                    self._look_for_webhook(message, receive_count)
                except NotToldError as later:
                    self._put_off(message, later)
            case WebhookMessage():
                with self.deliveries.claim(
                    message.webhook_id, owner=self.owner(), receive_count=receive_count
                ) as is_new:
                    if is_new:
                        self._look_and_relay(message, receive_count)
            case CallMessage():
                raise UnknownMessageError("a call message on the run queue")

    def _look_and_relay(self, message: WebhookMessage, receive_count: int) -> None:
        """Look at the run of a webhook, and relay it, whoever's it is; what is not known is asked later."""
        try:
            run_id, later = self._look_for_webhook(message, receive_count), None
        except NotToldError as not_told:
            run_id, later = None, not_told
        self.announcements.webhook_relayed(message.webhook_id, message.event, run_id)
        if later is not None:
            self._put_off(message, later)

    def _give_up(self, message: Message, error: Exception) -> bool:
        """End the run that a message is about, as it cannot be handled; says whether there is one.

        Raises:
            UnreadableItemError: The run itself cannot be read. No sweep finds it any more, and its message is
                a dead letter: who has mended the run redrives it.
        """
        run_id = self._run_id_of(message)
        if run_id is None:
            return False
        try:
            self.engine.fail(run_id, _failure(error))
        except UnreadableItemError as unreadable:
            if unreadable.item == RUN:
                self.store.leave_alone(run_id)
            raise
        self.logger.error("run given up", extra={"run_id": run_id, **facts_of(error)})
        self.metrics.add_metric("RunGivenUp", MetricUnit.Count, 1)
        if isinstance(message, WebhookMessage) and not message.attempt:
            self.announcements.webhook_relayed(message.webhook_id, message.event, run_id)
        return True

    def _run_id_of(self, message: Message) -> str | None:
        match message:
            case RunMessage():
                return message.run_id
            case WebhookMessage():
                resource_id = text_in(object_in(message.event.get("data")).get("id"))
                return self.store.run_id_of(resource_id) if RESOURCE_ID.fullmatch(resource_id) else None
            case _:
                return None

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
        self.logger.thread_safe_append_keys(run_id=run_id)  # which the message does not say itself
        if kind is not None:
            notes = [] if says in TOLD_BY_TURNS else [_received(run_id, message)]
            self.engine.look(run_id, woken, notes=[*notes, *_environment(run_id, data)])
        elif run := self.store.run(run_id):
            self.store.put(run, _received(run_id, message))
        return run_id

    def _look_for_stranger(self, kind: Kind, woken: Woken, receive_count: int) -> str | None:
        """Look at a resource we have no record of: its metadata may name a run, ours or another stack's.

        Raises:
            NotToldError: The provider cannot be asked, or does not know it yet.
        """
        assert woken.about is not None, "a webhook is about something"  # noqa: S101
        if woken.says in NOTHING_TO_SEE:
            return None
        if woken.says == "idle" and receive_count == 1:
            raise RetryLaterError("an idle session without a run", delay_seconds=INDEX_DELAY_SECONDS)
        try:
            seen = self._find(kind, woken.about)
        except NotKnownError as error:
            raise NotToldError(None, at_most=MAX_NOT_KNOWN) from error
        except ProviderBusyError as error:
            raise NotToldError(error.retry_after_seconds, at_most=MAX_PUT_OFF) from error
        if seen is None or seen.run_turn is None or not RESOURCE_ID.fullmatch(seen.run_id or ""):
            return None
        run_id = str(seen.run_id)
        self.logger.thread_safe_append_keys(run_id=run_id)
        return run_id if self.engine.look(run_id, woken, seen) else None

    def _find(self, kind: Kind, provider_id: str) -> TurnSeen | None:
        provider = self.providers[kind]
        if seconds := self.gates.seconds_closed(provider.gate, provider_id):
            raise ProviderBusyError("the provider's gate is closed", retry_after_seconds=seconds)
        try:
            return provider.look(provider_id)
        except ProviderRefusedError as error:
            if error.is_of_account:  # it says nothing of what was asked for
                raise ProviderBusyError(str(error)) from error
            return None
        except DoubtfulError as error:
            raise ProviderBusyError(str(error)) from error

    def _put_off(self, message: WebhookMessage, why: NotToldError) -> None:
        """Ask later, by a message that burns no receives."""
        if message.attempt < why.at_most:
            delay_seconds = why.retry_after_seconds or ASK_AGAIN_SECONDS << message.attempt
            self.run_queue.send(replace(message, attempt=message.attempt + 1), delay_seconds=delay_seconds)


def _received(run_id: str, message: WebhookMessage) -> Event:
    """Make what a run's timeline tells of a webhook that moves nothing."""
    facts = {"webhook_id": message.webhook_id, "event_type": word_in(message.event.get("type"))}
    return Event(run_id, instant.now(), "webhook_received", facts)


def _environment(run_id: str, data: Object) -> Iterator[Alias]:
    """Name the environment of a run's session, so that its own events are found to be the run's."""
    environment_id = text_in(data.get("environment_id"))
    if RESOURCE_ID.fullmatch(environment_id):
        yield Alias(run_id, environment_id, names="environment")


def _failure(error: Exception) -> Failure:
    words = str(error) if isinstance(error, UnreadableItemError) else type(error).__name__
    message = f"Runrelay itself failed, each time it looked at this run ({words}). Its log says where."
    return Failure("internal_error", message)
