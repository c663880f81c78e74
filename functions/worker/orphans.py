"""What works at the provider and must not: stopped, later if it cannot be now, and on the timeline."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from contracts import instant
from contracts.error_facts import facts_of
from contracts.errors import ProviderRefusedError
from contracts.records import Alias, Event, Run
from contracts.status import Kind

from functions.worker.checks import Checks
from functions.worker.providers.provider import Provider
from functions.worker.run_store import RunStore

FIRST_STOP_SECONDS = 60
"""When what could not be stopped is stopped again, for the first time."""

LISTED_AGAIN = 2
"""How often a run that is over has its turns listed again: three minutes after its end, a list lacks none."""


@dataclass(frozen=True, slots=True)
class Orphans:
    """Stops turns that no run awaits: one begun once too often, and the last one of a run that is over."""

    store: RunStore
    providers: Mapping[Kind, Provider]
    checks: Checks
    logger: Logger
    metrics: Metrics

    def stop(self, run: Run, provider_id: str) -> bool:
        """Have the provider stop a turn; says whether it need not be asked again."""
        try:
            self.providers[run.kind].cancel(provider_id)
        except Exception as error:  # noqa: BLE001 - a mistake of ours, too, is made up for later
            self.logger.warning("turn not cancelled", extra={"run_id": run.run_id, **facts_of(error)})
            return isinstance(error, ProviderRefusedError) and not error.is_of_account  # it has ended
        return True

    def stop_turn(self, run: Run) -> bool:
        """Have the provider stop a run's current turn; says whether it need not be asked again."""
        return run.provider_id is None or run.turn == 0 or self.stop(run, run.provider_id)

    def disown(self, run: Run, turn: int, provider_id: str) -> None:
        """Stop a turn that was begun twice and put it on the timeline; a turn of the run's past is none.

        From then on its id is known to be the run's, so that it is neither looked at nor counted again.
        """
        if provider_id in (run.retried_turns or {}) or provider_id in self.store.provider_ids(
            run.run_id, turn
        ):
            return
        if self.store.is_alias(run.run_id, provider_id):
            return
        if self.stop(run, provider_id):
            self._note_stopped(run, turn, provider_id)
            self.store.put(run, Alias(run.run_id, provider_id))
            return
        self._leave(run, turn, provider_id)

    def leave_turn(self, run: Run) -> None:
        """Have the turn that a run ends with be stopped later, once the run is over."""
        if run.provider_id is not None and not self.store.is_alias(run.run_id, run.provider_id):
            self._leave(run, run.turn, run.provider_id)

    def _leave(self, run: Run, turn: int, provider_id: str) -> None:
        self.checks.try_later(run, "stop", FIRST_STOP_SECONDS, attempt=1)
        facts = {"turn": turn, "provider_id": provider_id}
        self.store.put(run, Event(run.run_id, instant.now(), "turn_not_cancelled", facts))
        self.store.put(run, Alias(run.run_id, provider_id, at_work_in_turn=turn))

    def disown_others(self, run: Run, attempt: int = 0) -> bool:
        """Disown whatever else a run's first turn was begun with; says whether the provider could list it.

        Its webhooks tell of it sooner, if they come. Only a run whose first turn was submitted twice, or ends
        while it is not known whether it began, may have any.

        Args:
            attempt: How often it was listed since the run ended.
        """
        if not run.begun_again and not may_have_begun(run):
            return True
        try:
            found = self.providers[run.kind].find(run)
        except Exception as error:  # noqa: BLE001 - as above
            self.logger.warning("orphans not listed", extra={"run_id": run.run_id, **facts_of(error)})
            return False
        for provider_id in found:
            if provider_id != run.provider_id:
                self.disown(run, 1, provider_id)
        # The list follows a create by a moment, and may lack one of several; or there never were several.
        is_whole = len(found) > (run.begun_again or 0) or not self.providers[run.kind].can_list
        return is_whole or attempt >= LISTED_AGAIN

    def stop_again(self, run: Run, attempt: int) -> bool:
        """Stop what could not be stopped before; says whether nothing is left."""
        is_done = [self._stop_alias(run, alias) for alias in self.store.aliases(run.run_id)]
        if run.is_over:
            is_done.append(self.disown_others(run, attempt))
        return all(is_done)

    def _stop_alias(self, run: Run, alias: Alias) -> bool:
        if alias.at_work_in_turn is None:
            return True
        is_awaited = alias.provider_id == run.provider_id and not run.is_over
        if is_awaited or not self.stop(run, alias.provider_id):
            return False
        self._note_stopped(run, alias.at_work_in_turn, alias.provider_id)
        self.store.note_stopped(run, alias)
        return True

    def _note_stopped(self, run: Run, turn: int, provider_id: str) -> None:
        facts = {"turn": turn, "provider_id": provider_id}
        self.store.put(run, Event(run.run_id, instant.now(), "orphan_cancelled", facts))
        self.metrics.add_metric("OrphanCancelled", MetricUnit.Count, 1)


def may_have_begun(run: Run) -> bool:
    """Say whether the first turn was submitted and nobody wrote down what became of it.

    Its claim was never given back; or, where a thread is there, the claim was, as the thread tells the rest.
    """
    return run.submitting_turn == 1 and (run.submitting_until is not None or run.provider_id is not None)
