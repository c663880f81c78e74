"""Brings the endpoint at OpenAI, and the secrets here, to what they should be, and remembers nothing."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from contracts import instant
from contracts.errors import ProviderBusyError, ProviderError

from functions.endpoint.event_types import tested_of, wanted_of
from functions.endpoint.openai_webhooks import OpenAIWebhooks
from functions.endpoint.plan import Desired, Endpoint, is_held, plan_for
from functions.endpoint.report import Report
from functions.endpoint.secret_store import Held, SecretStore

OVERLAP = timedelta(hours=24)
"""How long OpenAI goes on with an old secret beside the new one."""

KNOWN_AFTER = timedelta(minutes=5)
"""When every warm WebhookFunction has read a new secret. OpenAI signs with the newest two: were it rotated
again before that, an instance could know neither."""

MOST_SECRETS = 3
"""Each is one more key to try for every webhook."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Which endpoint is meant.

    Attributes:
        rotates_after: How old a secret becomes; nothing, and only a command rotates it.
    """

    url: str
    name: str
    rotates_after: timedelta | None


class Registration:
    """One endpoint, by its URL."""

    def __init__(
        self,
        webhooks: OpenAIWebhooks,
        store: SecretStore,
        settings: Settings,
        now: Callable[[], datetime],
    ) -> None:
        self._webhooks = webhooks
        self._store = store
        self._settings = settings
        self._now = now

    def register(self, *, moved_from: Collection[str] = ()) -> Report:
        """Bring the endpoint to what it should be, and have it tested.

        Args:
            moved_from: URLs at which it was before.

        Raises:
            ProviderError: OpenAI did not do it; what it did do, the next time will find.
            SecretsManagerError: A secret was not written; the next time makes another.
        """
        endpoint, did, _ = self._mend(moved_from)
        return self._tested("registered", endpoint, did)

    def rotate(self) -> Report:
        """Give the endpoint another secret; the old one is believed beside it for as long as OpenAI uses it.

        Raises:
            ProviderError: As `register`.
            SecretsManagerError: As `register`.
        """
        endpoint, did, has_new_secret = self._mend()
        held = self._store.read()
        if not has_new_secret and len(held.secrets) > 1 and not self._is_over(held, KNOWN_AFTER):
            report = self._report("too_early", endpoint, did)
            return replace(report, message="it was rotated less than five minutes ago: rotate it again later")
        if not has_new_secret:
            did = [*did, self._rotate(endpoint)]
        return self._tested("rotated", endpoint, did)

    def replace(self) -> Report:
        """Give the endpoint another secret, and believe no other: the old one was stolen.

        Raises:
            ProviderError: As `register`.
            SecretsManagerError: As `register`; until the next time, nothing is believed.
        """
        endpoint, did, _ = self._mend()
        secret = self._webhooks.rotate(endpoint, keeps_old=False)
        self._store.write([secret], made_at=self._now())
        return self._tested(
            "rotated", endpoint, [*did, "rotated its secret; the old one is believed no more"]
        )

    def tend(self) -> Report:
        """Mend what is not as it should be, rotate a secret that is due, and leave out one that is over.

        Raises:
            ProviderError: As `register`.
            SecretsManagerError: As `register`.
        """
        endpoint, did, has_new_secret = self._mend()
        held = self._store.read()
        if not has_new_secret and self._is_over(held, self._settings.rotates_after):
            return self._tested("rotated", endpoint, [*did, self._rotate(endpoint)])
        if not has_new_secret and len(held.secrets) > 1 and self._is_over(held, OVERLAP):
            did = [*did, self._leave_old_out(endpoint, held)]
        if not did:
            return self._report("unchanged", endpoint)
        return self._tested("registered", endpoint, did)

    def show(self) -> Report:
        """Say how it is, and change nothing.

        Raises:
            ProviderError: It cannot be told.
            SecretsManagerError: It cannot be told.
        """
        found = self._found()
        if found is None:
            return self._absent()
        endpoint, is_secret_held = found
        report = replace(
            self._report("unchanged", endpoint),
            missing_event_types=tuple(sorted(wanted_of(self._webhooks.offered()) - endpoint.event_types)),
            is_secret_held=is_secret_held,
        )
        if is_secret_held:
            return report
        return replace(report, message="its signing secret is not in the secret here: register mends that")

    def test(self) -> Report:
        """Have OpenAI send a test event to the endpoint as it is, and change nothing.

        Raises:
            ProviderError: It cannot be told which endpoint that is.
            SecretsManagerError: As before.
        """
        found = self._found()
        return self._absent() if found is None else self._tested("unchanged", found[0], [])

    def delete(self) -> Report:
        """Delete every endpoint at our URL: nobody will be there.

        Raises:
            ProviderError: As `register`.
        """
        found = self._webhooks.at({self._settings.url})
        for endpoint in found:
            self._webhooks.delete(endpoint)
        return Report(
            outcome="deleted",
            did=tuple(f"deleted {each.id}" for each in found),
            url=self._settings.url,
            message=f"OpenAI has no webhook endpoint for {self._settings.url} any more",
        )

    def _found(self) -> tuple[Endpoint, bool] | None:
        """Find the endpoint, of several one whose webhooks can be verified, and say if they can."""
        found = self._webhooks.at({self._settings.url})
        if not found:
            return None
        held = self._store.read().secrets
        verifiable = next((each for each in found if is_held(each.secret_hint, held)), None)
        return verifiable or found[-1], verifiable is not None

    def _absent(self) -> Report:
        return Report(outcome="absent", message=f"OpenAI has no webhook endpoint for {self._settings.url}")

    def _mend(self, moved_from: Collection[str] = ()) -> tuple[Endpoint, list[str], bool]:
        """Read, decide, act; gives the endpoint, what was done, and whether its secret is new."""
        offered = self._webhooks.offered()
        desired = Desired(self._settings.url, self._settings.name, wanted_of(offered))
        found = self._webhooks.at({self._settings.url}) or self._webhooks.at(moved_from)
        plan = plan_for(desired, found, self._store.read().secrets, offered=offered)

        did: list[str] = []
        endpoint, has_new_secret = plan.kept, False
        if endpoint is None:
            endpoint, has_new_secret = self._create(desired)
            did.append(f"created {endpoint.id}")
        if plan.changes:
            endpoint = self._webhooks.update(endpoint, plan.changes)
            did.append(f"changed its {', '.join(sorted(plan.changes)).replace('_', ' ')}")
        if not plan.is_secret_held and not has_new_secret:
            did.append(self._rotate(endpoint))
            has_new_secret = True
        for stray in plan.strays:
            self._webhooks.delete(stray)
            did.append(f"deleted {stray.id}, another at the same URL")
        return endpoint, did, has_new_secret

    def _create(self, desired: Desired) -> tuple[Endpoint, bool]:
        """Create the endpoint; if the answer was lost it is found again, without its secret."""
        try:
            endpoint, secret = self._webhooks.create(desired)
        except ProviderBusyError:
            found = self._webhooks.at({desired.url})
            if not found:
                raise
            return found[0], False
        self._keep(secret)
        return endpoint, True

    def _rotate(self, endpoint: Endpoint) -> str:
        self._keep(self._webhooks.rotate(endpoint))
        return "rotated its secret; the old one is believed for 24 hours more"

    def _keep(self, secret: str) -> None:
        others = [each for each in self._store.read().secrets if each != secret]
        self._store.write([secret, *others][:MOST_SECRETS], made_at=self._now())

    def _leave_old_out(self, endpoint: Endpoint, held: Held) -> str:
        current = [each for each in held.secrets if is_held(endpoint.secret_hint, [each])]
        self._store.write(current[:1] or held.secrets[:1], made_at=held.made_at or self._now())
        return "left the old secret out"

    def _is_over(self, held: Held, after: timedelta | None) -> bool:
        return after is not None and held.made_at is not None and held.made_at + after <= self._now()

    def _tested(self, outcome: Any, endpoint: Endpoint, did: list[str]) -> Report:  # noqa: ANN401 - an Outcome
        """Report it with the status that OpenAI sees; that it sees none does not undo what was done."""
        report = self._report(outcome, endpoint, did)
        try:
            status = self._webhooks.test(endpoint, tested_of(endpoint.event_types))
        except ProviderError as error:
            return replace(report, message=f"its test event did not arrive: {error}")
        return replace(report, test_status=status)

    def _report(self, outcome: Any, endpoint: Endpoint, did: Collection[str] = ()) -> Report:  # noqa: ANN401
        held = self._store.read()
        return Report(
            outcome=outcome,
            did=tuple(did),
            endpoint_id=endpoint.id,
            url=endpoint.url,
            event_types=tuple(sorted(endpoint.event_types)),
            secrets_held=len(held.secrets),
            secret_made_at=instant.to_text(held.made_at) if held.made_at else None,
        )
