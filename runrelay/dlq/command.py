"""Look at dead letters, and redrive them: put them back on the queues they came from."""

import argparse
import signal
from typing import Final

from runrelay.dlq.target import Target, deployed_target, local_target
from runrelay.dlq.tour import Treatment, listing, redriving, tour
from runrelay.reach import add_where, reaching

LIST: Final = (
    "Show what each dead letter is: its queue, when it was sent, how often it was received, its subject, and "
    "the command that tells why it is one."
)
REDRIVE: Final = (
    "Send dead letters back to the queues they came from, and delete each only once it is there. "
    "What was already done is not done twice. Exit code 0 means that every letter meant was redriven."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", required=True)
    for name, description in (("list", LIST), ("redrive", REDRIVE)):
        action = actions.add_parser(name, help=description, description=description)
        action.add_argument("--queue", choices=["run", "tool"], help="only this dead-letter queue")
        action.add_argument(
            "--message-id", action="append", default=[], metavar="ID", help="only this letter; repeatable"
        )
        add_where(action)
    redrive = actions.choices["redrive"]
    redrive.add_argument("--dry-run", action="store_true", help="only say what redriving would do")
    redrive.add_argument(
        "--unreadable", action="store_true", help="also messages that this version cannot read, as they are"
    )
    redrive.add_argument(
        "--ended", action="store_true", help="also calls whose tool would run after its run ended"
    )


def run(arguments: argparse.Namespace) -> int:
    """Go through the letters.

    Raises:
        CommandError: Nothing can be reached, or not by these credentials.
    """
    try:
        with reaching(arguments):
            target = (
                deployed_target(arguments.stack_name)
                if arguments.stack_name
                else local_target(arguments.directory)
            )
            return _tour(target, arguments)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


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
