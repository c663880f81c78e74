"""Look at dead letters, and redrive them: put them back on the queues they came from."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Final

from runrelay.cli.output import print_json, words_aside
from runrelay.dlq.contents import dropping, facts
from runrelay.dlq.holding import DeadLetterQueue
from runrelay.dlq.target import Target, deployed_target, local_target
from runrelay.dlq.tour import Treatment, listing, redriving, tour
from runrelay.reach import Where, reaching

LIST: Final = (
    "Show what each dead letter is: its queue, when it was sent, its subject, and "
    "the command that tells why it is one."
)
REDRIVE: Final = (
    "Send dead letters back to the queues they came from, and delete each only once it is there. "
    "What was already done is not done twice. Exit code 0 means that every letter meant was redriven."
)
SHOW: Final = "Show one dead letter: its body, as it is, and the state of the run that it is about."
DROP: Final = (
    "Delete dead letters for good, after saying what is in each. "
    "Exit code 0 means that every letter meant was deleted."
)


def list_letters(where: Where, *, queue: str | None, message_ids: Collection[str]) -> int:
    """Say what each letter is.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    return _tour(where, lambda _: listing(stack_name=where.stack_name), queue, message_ids, json=False)


def redrive(  # noqa: PLR0913 - each an option
    where: Where,
    *,
    queue: str | None,
    message_ids: Collection[str],
    with_unreadable: bool,
    with_ended: bool,
    is_dry: bool,
    json: bool,
) -> int:
    """Send letters back, or say what that would do.

    Raises:
        CommandError: As `list_letters`.
    """

    def treatment(target: Target) -> Treatment:
        return redriving(target, with_unreadable=with_unreadable, with_ended=with_ended, is_dry=is_dry)

    return _tour(where, treatment, queue, message_ids, json=json)


def drop(where: Where, *, queue: str | None, message_ids: Collection[str], json: bool) -> int:
    """Delete letters for good; no ids mean every letter.

    Raises:
        CommandError: As `list_letters`.
    """
    return _tour(where, lambda _: dropping(), queue, message_ids, json=json)


@contextmanager
def reached(where: Where) -> Iterator[Target]:
    """Find the queues and the table.

    Raises:
        CommandError: As `list_letters`.
    """
    with reaching(where):
        yield deployed_target(where.stack_name) if where.stack_name else local_target(where.directory)


def queues_of(target: Target, name: str | None) -> tuple[DeadLetterQueue, ...]:
    """Give one queue, or both."""
    return tuple(each for each in target.queues if name in (None, each.name))


def _tour(
    where: Where,
    treatment: Callable[[Target], Treatment],
    queue: str | None,
    message_ids: Collection[str],
    *,
    json: bool,
) -> int:
    """Go through the letters of one queue, or of both; exit code 0 means that all meant were treated."""
    with reached(where) as target, words_aside(when=json):
        result = tour(
            target,
            treatment(target),
            queues=queues_of(target, queue),
            message_ids=frozenset(message_ids),
        )
    if json:
        letters = [{**facts(letter), "outcome": outcome} for letter, outcome in result.treated]
        print_json({"letters": letters, "is_whole": result.is_whole, "unfound": sorted(result.unfound)})
    return 0 if result.is_good else 1
