"""Going through dead letters one by one: to list them, to say what a redrive would do, to redrive them."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from contracts import instant
from contracts.messages import CallMessage, RunMessage

from runrelay.cli.output import say
from runrelay.dlq.holding import HOLD_SECONDS, DeadLetterQueue, Holding, NotDeletedError, NotSentError
from runrelay.dlq.letter import Letter
from runrelay.dlq.plan import HeldBack, plan
from runrelay.dlq.report import counted, say_letter, say_queue, say_under
from runrelay.dlq.table import NotReadError
from runrelay.dlq.target import Target

type Outcome = Literal[
    "listed",
    "dropped",
    "would be redriven",
    "would be held back",
    "redriven",
    "held back",
    "failed",
]
type Treatment = Callable[[Holding, Letter], Outcome]

FLAGS: dict[HeldBack, str] = {"unreadable": "--unreadable", "ended": "--ended"}


@dataclass(slots=True)
class Tour:
    """What came of going through the letters.

    Attributes:
        treated: The letters, each with its outcome.
        is_whole: Whether every letter was seen.
        unfound: The message ids that were asked for and are on no queue.
    """

    outcomes: Counter[Outcome] = field(default_factory=Counter)
    is_whole: bool = True
    unfound: frozenset[str] = frozenset()
    treated: list[tuple[Letter, Outcome]] = field(default_factory=list, compare=False)

    def treat(self, letter: Letter, outcome: Outcome) -> None:
        """Note what came of a letter."""
        self.outcomes[outcome] += 1
        self.treated.append((letter, outcome))
        self.unfound -= {letter.message_id}

    @property
    def is_good(self) -> bool:
        """Whether everything that was asked for was done."""
        return (
            self.is_whole and not self.unfound and not (self.outcomes["failed"] or self.outcomes["held back"])
        )


def listing(*, stack_name: str | None = None) -> Treatment:
    """Make the treatment that leaves a letter as it is, and says how to find why it is one."""
    where = f" --stack {stack_name}" if stack_name else ""

    def treat(_holding: Holding, letter: Letter) -> Outcome:
        say_under(f"why: runrelay logs {_found_by(letter)}{where}")
        return "listed"

    return treat


def _found_by(letter: Letter) -> str:
    """Give the id that log lines about a letter have: its run's, or else its own, which SQS has kept."""
    message = letter.message
    return message.run_id if isinstance(message, RunMessage | CallMessage) else letter.message_id


def redriving(target: Target, *, with_unreadable: bool, with_ended: bool, is_dry: bool) -> Treatment:
    """Make the treatment that redrives a letter, or only says what that would do.

    Args:
        with_unreadable: Redrive also what would fail again.
        with_ended: Redrive also calls whose tool would run after its run ended.
    """
    is_wanted: dict[HeldBack, bool] = {"unreadable": with_unreadable, "ended": with_ended}

    def treat(holding: Holding, letter: Letter) -> Outcome:
        try:
            planned = plan(letter.message, target.table.known(letter.message), instant.now())
        except NotReadError as error:
            say_under(f"not redriven: {error}", style="red")
            return "failed"

        if is_dry or planned.held_back:
            say_under(planned.says)
        if planned.held_back and not is_wanted[planned.held_back]:
            say_under(f"held back: {FLAGS[planned.held_back]} redrives it", style="yellow")
            return "would be held back" if is_dry else "held back"
        return "would be redriven" if is_dry else _redrive(holding, letter)

    return treat


def _redrive(holding: Holding, letter: Letter) -> Outcome:
    try:
        holding.redrive(letter)
    except NotSentError as error:
        say_under(f"not redriven: {error}", style="red")
        return "failed"
    except NotDeletedError as error:
        say_under(
            f"redriven, and still a dead letter: {error}. Redriving it again does no harm.", style="red"
        )
        return "failed"
    say_under("redriven", style="green")
    return "redriven"


def tour(
    target: Target,
    treatment: Treatment,
    *,
    queues: tuple[DeadLetterQueue, ...],
    message_ids: frozenset[str] = frozenset(),
    hold: Callable[..., Holding] = Holding,
) -> Tour:
    """Treat each letter, and let go of those that stay.

    Args:
        message_ids: The letters that are meant; all, if none is named.
        hold: Makes what receives and holds the letters of one queue.
    """
    result = Tour(unfound=message_ids)
    for queue in queues:
        visible, held = queue.counts(target.sqs)
        say_queue(queue.name, visible=visible, held=held)
        holding = hold(target.sqs, queue)
        with holding:
            for letter in holding.letters():
                if message_ids and letter.message_id not in message_ids:
                    continue
                say_letter(letter)
                result.treat(letter, treatment(holding, letter))
                if message_ids and not result.unfound:
                    break
        result.is_whole &= holding.is_whole
        _say_what_remains(holding)
    _say_result(result)
    return result


def _say_what_remains(holding: Holding) -> None:
    if not holding.is_whole:
        say("  Time ran out; there may be more. Run it again.", style="yellow")
    if holding.stuck:
        minutes = HOLD_SECONDS // 60
        words = f"{counted(holding.stuck)} could not be made visible: they will be in {minutes} minutes."
        say(f"  {words}", style="yellow")


def _say_result(result: Tour) -> None:
    tally = ", ".join(f"{number} {outcome}" for outcome, number in sorted(result.outcomes.items()))
    say(tally or "no dead letters")
    for message_id in sorted(result.unfound):
        say(f"No dead letter {message_id} was found.", style="red")
