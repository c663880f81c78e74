"""The promises, each broken on purpose: one change to one file."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Mutant:
    """One way to break a promise.

    Attributes:
        promise: Its number in docs/promises.md.
        file: What is changed, from the root of the checkout.
        before: Text that stands exactly once in the file.
        after: What takes its place.
        tests: Where its catchers are looked for, among the crash, fault and schedule tests.
    """

    name: str
    promise: int
    file: str
    before: str
    after: str
    tests: tuple[str, ...]


CRASH_POINTS = "tests/crash/test_crash_points.py::test_no_promise_is_broken_wherever_a_run_breaks"
NO_CALLS, ONE_CALL, THREE_CALLS = (
    f"{CRASH_POINTS}[response, {scenario}]" for scenario in ("no calls", "one call", "three calls at once")
)
SCHEDULES = "tests/schedules/test_schedules.py"
CLAIMS = "tests/faults/test_faults_claims.py"

RACES = "tests/integration/worker/test_races.py"
DEADLINES = "tests/integration/worker/test_deadlines.py"
FIRST_WORDS = "tests/integration/worker/test_first_words.py"
LATE_TURNS = "tests/integration/worker/test_late_turns.py"
GATE_BOUNDS = "tests/integration/worker/test_gate_bounds.py"
SIGNING_SECRETS = "tests/unit/webhook/test_webhook_signing_secrets.py"
PRIVATE_LOGS = "tests/integration/test_private_logs.py"

CORE = "functions/worker/core"
WEBHOOK_INTAKE = "functions/webhook/intake.py"
CALL_LEDGER = "functions/tools/call_ledger.py"

MUTANTS: Final = (
    Mutant(
        name="ack before queue",
        promise=1,
        file=WEBHOOK_INTAKE,
        before="        self.queue.send(message)\n",
        after="""\
        try:
            self.queue.send(message)
        except Exception:
            pass
""",
        tests=("tests/faults/test_faults_acceptance.py", "tests/integration/webhook"),
    ),
    Mutant(
        name="dedupe before queue",
        promise=1,
        file=WEBHOOK_INTAKE,
        before="        self.queue.send(message)\n",
        after="""\
        known = globals().setdefault("known", set())
        if stamp.webhook_id in known:
            return message
        known.add(stamp.webhook_id)
        self.queue.send(message)
""",
        tests=("tests/faults/test_faults_acceptance.py", "tests/faults/test_faults_ingest.py"),
    ),
    Mutant(
        name="a webhook's word is believed",
        promise=2,
        file=f"{CORE}/before_looking.py",
        before='    if (woken.by == "cancel" or run.cancel_requested_at) and run.status != "cancelling":\n',
        after="""\
    if woken.says == "failed":
        return EndRun("failed", CANCELLED, None)
    if (woken.by == "cancel" or run.cancel_requested_at) and run.status != "cancelling":
""",
        tests=("tests/faults/test_faults_webhooks.py",),
    ),
    Mutant(
        name="no check is sent",
        promise=3,
        file="functions/worker/checks.py",
        before="        if run.due_at is not None:\n",
        after="        if run.due_at is None:\n",
        tests=("tests/schedules/test_dropped_webhooks.py",),
    ),
    Mutant(
        name="a check later than the deadline",
        promise=3,
        file="functions/worker/checks.py",
        before="return min(instant.now() + timedelta(seconds=delay_seconds), run.deadline_at)",
        after="return instant.now() + timedelta(seconds=delay_seconds)",
        tests=(DEADLINES,),
    ),
    Mutant(
        name="closing a call overwrites what stands",
        promise=3,
        file="functions/worker/run_store.py",
        before='call_is_as_read = "outcome = :outcome_read AND fence = :fence_read"',
        after='call_is_as_read = "(attribute_exists(pk) OR outcome = :outcome_read AND fence = :fence_read)"',
        tests=(FIRST_WORDS,),
    ),
    Mutant(
        name="no claim",
        promise=4,
        file=CALL_LEDGER,
        before='is_pending = "outcome = :pending"',
        after='is_pending = "(outcome = :pending OR outcome <> :pending)"',
        tests=(
            CLAIMS,
            "tests/faults/test_faults_tools.py",
        ),
    ),
    Mutant(
        name="no fence",
        promise=4,
        file=CALL_LEDGER,
        before='claim_is_ours = "#owner = :owner AND fence = :fence AND outcome = :running"',
        after='claim_is_ours = "attribute_exists(pk) OR (#owner = :owner AND fence = :fence '
        'AND outcome = :running)"',
        tests=(
            CLAIMS,
            ONE_CALL,
        ),
    ),
    Mutant(
        name="a once call runs again",
        promise=4,
        file="functions/tools/runner.py",
        before='        if call.effect not in ("pure", "keyed", "verify"):\n',
        after='        if call.effect == "nothing":\n',
        tests=(ONE_CALL,),
    ),
    Mutant(
        name="a new key for each attempt",
        promise=4,
        file="functions/tools/attempt.py",
        before="            idempotency_key=_idempotency_key(self.call),\n",
        after='            idempotency_key=f"{_idempotency_key(self.call)}-{self.call.fence}",\n',
        tests=(THREE_CALLS,),
    ),
    Mutant(
        name="output not stored before submit",
        promise=4,
        file=f"{CORE}/after_calls.py",
        before="    if not any(call.is_open for call in seen.calls):\n",
        after='    if not any(call.is_open and call.outcome != "running" for call in seen.calls):\n',
        tests=(THREE_CALLS,),
    ),
    Mutant(
        name="no lost answer is adopted",
        promise=5,
        file=f"{CORE}/after_turn.py",
        before="    if is_awaited and not run.is_over and run.ending is None:\n",
        after="    if is_awaited and run.is_over and run.ending is None:\n",
        tests=("tests/faults/test_faults_provider.py", NO_CALLS),
    ),
    Mutant(
        name="a submission is not claimed",
        promise=5,
        file=f"{CORE}/submission.py",
        before="    if run.submitting_until is None or run.submitting_until <= now:\n",
        after="    if run.submitting_until is None or now:\n",
        tests=(SCHEDULES,),
    ),
    Mutant(
        name="a late turn of one's own is not disowned",
        promise=5,
        file="functions/worker/turns.py",
        before="        if current is None or current.provider_id != provider_id:\n",
        after="        if current is None and provider_id == turn:\n",
        tests=(LATE_TURNS,),
    ),
    Mutant(
        name="a check that comes meanwhile takes a submission away",
        promise=5,
        file="functions/worker/turns.py",
        before="            if current is None or not _awaits(current, turn) or",
        after="            if current is not run or",
        tests=(RACES,),
    ),
    Mutant(
        name="the late answer of a turn that failed is taken for the one that is begun again",
        promise=5,
        file="functions/worker/turns.py",
        before="    return provider_id in (current.retried_turns or {}) and",
        after="    return not current.retried_turns and",
        tests=("tests/integration/worker/test_what_passes.py",),
    ),
    Mutant(
        name="a run that is over is written",
        promise=6,
        file="functions/worker/run_store.py",
        before="        if run.is_over:\n            raise StaleReadError(run.run_id)\n",
        after="",
        tests=("tests/integration/worker/test_run_store.py",),
    ),
    Mutant(
        name="calls are written before their run",
        promise=6,
        file="functions/worker/run_store.py",
        before='        self._transact({"Update": update}, last)\n',
        after="""\
        for item in last:
            self._dynamodb.put_item(TableName=self._table_name, Item=item)
        self._dynamodb.update_item(**update)
""",
        tests=(RACES, "tests/integration/worker/test_run_store.py"),
    ),
    Mutant(
        name="a turn that was written too late is the run's",
        promise=6,
        file="layers/contracts/contracts/run_records.py",
        before="turn.turn == run.turn and turn.read_at == read_at",
        after="turn.turn == run.turn",
        tests=("tests/integration/api/test_api_showing_runs.py",),
    ),
    Mutant(
        name="what was seen before the run was read is believed",
        promise=4,
        file="functions/worker/engine.py",
        before="seen is not None and seen.provider_id != run.provider_id",
        after="seen is not None",
        tests=("tests/integration/worker/test_session_races.py",),
    ),
    Mutant(
        name="what comes after our answers is of the turn before",
        promise=5,
        file=f"{CORE}/after_turn.py",
        before="    is_answered = needs_answers and run.submitting_turn == run.turn + 1\n",
        after="    is_answered = False\n",
        tests=("tests/unit/worker/test_decision.py",),
    ),
    Mutant(
        name="a check that has calls queued is the last one",
        promise=3,
        file=f"{CORE}/decision.py",
        before="            return replace(step, then=CheckAgain(no_later_than))\n",
        after="            return step\n",
        tests=("tests/integration/worker/test_checks.py", "tests/unit/worker/test_decision.py"),
    ),
    Mutant(
        name="an end takes away what another worker goes on with",
        promise=6,
        file="functions/worker/endings.py",
        before="        if _takes_away(run, step) and not _is_certain(run):\n",
        after="        if _takes_away(run, step) and run.ending:\n",
        tests=("tests/integration/worker/test_decided_ends.py",),
    ),
    Mutant(
        name="a mistake of ours in a submission is put off and made again for ever",
        promise=3,
        file="functions/worker/turns.py",
        before="            if will_stay(error):\n",
        after="            if not error:\n",
        tests=("tests/integration/worker/test_mistakes_of_ours.py",),
    ),
    Mutant(
        name="an orphan that could not be stopped is let go",
        promise=5,
        file="functions/worker/orphans.py",
        before="        return all(is_done)\n",
        after="        return bool(is_done) or True\n",
        tests=("tests/integration/worker/test_stopped_turns.py",),
    ),
    Mutant(
        name="a call whose function died is begun again on a run that is over",
        promise=4,
        file="functions/tools/runner.py",
        before="        if call.withdrawn_at is not None:\n",
        after="        if call.withdrawn_at is call:\n",
        tests=("tests/integration/worker/test_calls_of_ended_runs.py",),
    ),
    Mutant(
        name="a gateway's silence is taken for a refusal",
        promise=5,
        file="functions/worker/providers/errors.py",
        before="trouble = ProviderBusyError if is_openais or not _may_be_done(status) else AnswerLostError",
        after="trouble = ProviderBusyError",
        tests=("tests/integration/worker/test_openai_answers.py", RACES),
    ),
    Mutant(
        name="half a turn's calls are answered",
        promise=4,
        file="layers/contracts/contracts/records.py",
        before='    return call.turn != run.turn or run.status != "in_progress"\n',
        after="    return call.run_id == run.run_id\n",
        tests=("tests/integration/worker/test_calls_of_ended_runs.py",),
    ),
    Mutant(
        name="a late record of a past turn is told",
        promise=6,
        file="layers/contracts/contracts/turns.py",
        before="        return is_own, turn.read_at or 0\n",
        after="        return False, turn.read_at or 0\n",
        tests=("tests/unit/api/test_api_late_records.py",),
    ),
    Mutant(
        name="an acknowledged cancel is only a message",
        promise=3,
        file=f"{CORE}/before_looking.py",
        before='(woken.by == "cancel" or run.cancel_requested_at)',
        after='woken.by == "cancel"',
        tests=("tests/unit/worker/test_decision.py",),
    ),
    Mutant(
        name="a submission does not know itself again",
        promise=5,
        file="layers/contracts/contracts/instant.py",
        before="    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)\n",
        after="    return moment\n",
        tests=(RACES,),
    ),
    Mutant(
        name="a stale read may write",
        promise=6,
        file="functions/worker/run_store.py",
        before='version_is_the_one_read = "version = :version_read"',
        after='version_is_the_one_read = "(version = :version_read OR version <> :version_read)"',
        tests=(SCHEDULES,),
    ),
    Mutant(
        name="a call that asks for a person after its run's end waits for ever",
        promise=6,
        file="functions/worker/engine.py",
        before="            case steps.WithdrawCalls():\n",
        after="            case steps.WithdrawCalls() if False:\n",
        tests=(RACES,),
    ),
    Mutant(
        name="a call that asks for a person as its run ends waits for ever",
        promise=6,
        file="functions/worker/endings.py",
        before="        if not is_quiet:\n",
        after="        if is_quiet is None:\n",
        tests=(RACES,),
    ),
    Mutant(
        name="the gate is never closed",
        promise=9,
        file="functions/worker/turns.py",
        before="        if isinstance(error, ProviderBusyError | AnswerLostError) and error.is_for_all:\n",
        after="        if isinstance(error, ProviderBusyError | AnswerLostError) and not error:\n",
        tests=("tests/schedules/test_gate.py",),
    ),
    Mutant(
        name="a gate closed for a week",
        promise=9,
        file="functions/worker/gate.py",
        before="timedelta(seconds=min(seconds, MAX_CLOSED_SECONDS))",
        after="timedelta(seconds=seconds)",
        tests=(GATE_BOUNDS,),
    ),
    Mutant(
        name="a revoked secret is believed for ever",
        promise=10,
        file="functions/webhook/signing_secrets.py",
        before="        elif self._clock() - self._read_at > MAX_AGE_SECONDS:\n",
        after="        elif self._clock() < 0:\n",
        tests=(SIGNING_SECRETS,),
    ),
    Mutant(
        name="a record that raises fails its batch",
        promise=11,
        file="layers/contracts/contracts/batch.py",
        before="            self._make_visible(record, BACKOFF_BASE_SECONDS ** receive_count(record))\n"
        "            return False\n",
        after="            raise\n",
        tests=("tests/unit/layer/test_batch.py",),
    ),
    Mutant(
        name="the worker logs a call's arguments",
        promise=12,
        file="functions/worker/engine.py",
        before='            "step": type(step).__name__,\n',
        after='            "step": str(step),\n',
        tests=(PRIVATE_LOGS,),
    ),
    Mutant(
        name="the tool function logs a call's output",
        promise=12,
        file="functions/tools/runner.py",
        before='                "outcome": settled.outcome,\n',
        after='                "outcome": str(settled),\n',
        tests=(PRIVATE_LOGS,),
    ),
    Mutant(
        name="the words of an exception are logged",
        promise=12,
        file="layers/contracts/contracts/error_facts.py",
        before='    return " ".join(dict.fromkeys(filter(None, (type(error).__name__, code))))\n',
        after='    return f"{error!r} {code}"\n',
        tests=(PRIVATE_LOGS,),
    ),
)
