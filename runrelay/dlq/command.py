"""Look at dead letters, and redrive them: put them back on the queues they came from."""

import argparse
import signal
from typing import Final

from runrelay.dlq.target import Target, deployed_target, local_target
from runrelay.dlq.tour import Treatment, listing, redriving, tour
from runrelay.reach import reaching

LIST: Final = (
    "Show what each dead letter is: its queue, when it was sent, how often it was received, its subject, and "
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


def run(arguments: argparse.Namespace) -> int:
    """Go through the letters.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    try:
        with reaching(arguments):
            return _tour(target_of(arguments), arguments)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def target_of(arguments: argparse.Namespace) -> Target:
    """Find the queues and the table."""
    if arguments.stack_name:
        return deployed_target(arguments.stack_name)
    return local_target(arguments.directory)


def _tour(target: Target, arguments: argparse.Namespace) -> int:
    treatment: Treatment = listing(stack_name=arguments.stack_name)
    if arguments.action == "redrive":
        treatment = redriving(
            target,
            with_unreadable=arguments.unreadable,
            with_ended=arguments.ended,
            is_dry=arguments.dry_run,
        )
    result = tour(
        target,
        treatment,
        queues=tuple(queue for queue in target.queues if arguments.queue in (None, queue.name)),
        message_ids=frozenset(arguments.message_id),
    )
    return 0 if result.is_good else 1
