"""What was begun at the provider once too often: stopped, and told on the timeline of its run."""

from collections.abc import Mapping
from dataclasses import dataclass

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.metrics import MetricUnit
from contracts import instant
from contracts.error_facts import facts_of
from contracts.errors import ProviderError, ProviderRefusedError
from contracts.records import Alias, Event, Run
from contracts.status import Kind

from functions.worker.providers.provider import Provider
from functions.worker.run_store import RunStore


@dataclass(frozen=True, slots=True)
class Orphans:
    """Finds and stops what was begun once too often."""

    store: RunStore
    providers: Mapping[Kind, Provider]
    logger: Logger
    metrics: Metrics

    def stop(self, run: Run, provider_id: str) -> bool:
        """Have the provider stop a turn; says whether it need not be asked again."""
        try:
            self.providers[run.kind].cancel(provider_id)
        except ProviderError as error:
            self.logger.warning("turn not cancelled", extra={"run_id": run.run_id, **facts_of(error)})
            return isinstance(error, ProviderRefusedError) and not error.is_of_account  # it has ended
        return True

    def disown(self, run: Run, turn: int, provider_id: str) -> None:
        """Cancel a turn that was begun twice and put it on the timeline; a turn of the run's past is none.

        From then on its id is known to be the run's, so that it is neither looked at nor counted again.
        """
        if provider_id in self.store.provider_ids(run.run_id, turn):
            return
        if self.store.is_alias(run.run_id, provider_id):
            return
        is_stopped = self.stop(run, provider_id)
        facts = {"turn": turn, "provider_id": provider_id}
        self.store.put(Event(run.run_id, instant.now(), "orphan_cancelled", facts))
        if is_stopped:
            self.store.put(Alias(run.run_id, provider_id))
        self.metrics.add_metric("OrphanCancelled", MetricUnit.Count, 1)

    def disown_others(self, run: Run) -> None:
        """Disown whatever else a run's first turn was begun with, as far as the provider lists it.

        Its webhooks tell of it sooner, if they come. Only a run whose first turn was submitted twice, or ends
        while it is not known whether it began, may have any.
        """
        if not run.begun_again and not may_have_begun(run):
            return
        try:
            found = self.providers[run.kind].find(run)
        except ProviderError as error:
            self.logger.warning("orphans not listed", extra={"run_id": run.run_id, **facts_of(error)})
            return
        for provider_id in found:
            if provider_id != run.provider_id:
                self.disown(run, 1, provider_id)


def may_have_begun(run: Run) -> bool:
    """Say whether the first turn was submitted and nobody wrote down what became of it.

    Its claim was never given back; or, where a thread is there, the claim was, as the thread tells the rest.
    """
    return run.submitting_turn == 1 and (run.submitting_until is not None or run.provider_id is not None)
