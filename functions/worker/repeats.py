"""Calls that the model asks for again with the same arguments: which of them run.

"Never twice" is about one call. So the earlier one decides:

| the earlier call | in the same turn | in a later turn |
|---|---|---|
| succeeded | shared | it runs; shared if its tool says `repeats="share"` |
| may have taken effect: unknown, timed out, died | shared | shared |
| had no effect: denied, refused its arguments, raised | shared | it runs |

It holds for `once` tools; with `repeats="share"` the first row holds for any. Which call was the latest with
its arguments is written down with the call itself, and only if it runs, so all calls before it are known to
have succeeded or to have had no effect.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from contracts.catalog import CatalogEntry
from contracts.records import Call, LatestCall, Run

from functions.worker.core.arguments import meaning
from functions.worker.core.calls import STILL_UNKNOWN, share
from functions.worker.run_store import RunStore

WITHOUT_EFFECT = frozenset({"unknown_tool", "invalid_arguments", "tool_error", "tool_failed"})
"""Failures of a `once` call that are told without a doubt; any other may have taken effect."""


@dataclass(frozen=True, slots=True)
class Repeats:
    """Tells the repeated calls of one turn from new ones."""

    store: RunStore
    catalog: Mapping[str, CatalogEntry]
    _noted: dict[str, LatestCall] = field(default_factory=dict)

    @property
    def noted(self) -> Sequence[LatestCall]:
        """What is to be written with the calls."""
        return tuple(self._noted.values())

    def settle(self, run: Run, call: Call, arguments: str, now: datetime) -> Call:
        """Let a call share the outcome of an earlier one, or note it as the latest of its kind.

        Args:
            arguments: As the model wrote them.
        """
        if not (call.is_open and self._is_remembered(call)):
            return call
        fingerprint = fingerprint_of(call.name, arguments)
        names = dict.fromkeys((fingerprint, _older_fingerprint(call.name, arguments)))
        latest = next(filter(None, (self._latest(run, name) for name in names)), None)
        settled = self._repeated(call, latest, now) if latest else call
        if settled.same_as is None:
            self._noted[fingerprint] = LatestCall(run.run_id, fingerprint, call.turn, call.call_id)
        return settled

    def _is_remembered(self, call: Call) -> bool:
        return call.effect == "once" or self._is_shared(call)

    def _is_shared(self, call: Call) -> bool:
        is_tool = call.type == "function_call" and call.name in self.catalog
        return is_tool and self.catalog[call.name].repeats == "share"

    def _latest(self, run: Run, fingerprint: str) -> LatestCall | None:
        if latest := self._noted.get(fingerprint) or self.store.latest_call(run.run_id, fingerprint):
            return latest
        turn, _, call_id = (run.once_calls or {}).get(fingerprint, "").partition("#")
        return LatestCall(run.run_id, fingerprint, int(turn), call_id) if call_id else None

    def _repeated(self, call: Call, latest: LatestCall, now: datetime) -> Call:
        if latest.turn > call.turn or (latest.turn, latest.call_id) == (call.turn, call.call_id):
            return call  # this turn was written down before
        repeated = _waiting_for_nobody(call, same_as=f"{latest.turn:05}#{latest.call_id}")
        if latest.turn == call.turn:
            return repeated
        earlier = self.store.call(call.run_id, latest.turn, latest.call_id)
        if earlier is None:
            return call
        if earlier.is_open:
            return replace(repeated, outcome="unknown", error=STILL_UNKNOWN, ended_at=now)
        return share(repeated, earlier, now) if self._shares(call, earlier) else call

    def _shares(self, call: Call, earlier: Call) -> bool:
        if earlier.outcome == "succeeded":
            return self._is_shared(call)
        return call.effect == "once" and _may_have_taken_effect(earlier)


def _waiting_for_nobody(call: Call, same_as: str) -> Call:
    """Ask nobody to decide about a call, or to run it, that comes to what another one comes to."""
    return replace(call, same_as=same_as, outcome="pending", asked_at=None, wait_until=None)


def _may_have_taken_effect(call: Call) -> bool:
    if call.outcome == "failed":
        return call.error is None or call.error.code not in WITHOUT_EFFECT
    return call.outcome == "unknown"


def fingerprint_of(name: str, arguments: str) -> str:
    """Name a call by its tool and what its arguments say, however they are spelt."""
    return _fingerprint(name, meaning(arguments))


def _older_fingerprint(name: str, arguments: str) -> str:
    """Give the name of before `5.0` was `5`."""
    return _fingerprint(name, meaning(arguments, number=float))


def _fingerprint(name: str, text: str) -> str:
    return hashlib.sha256(f"{name} {text}".encode("utf-8", "replace")).hexdigest()[:16]
