"""What is in dead letters, for who asks for it by name: a body, and the state of the run it is about."""

import json
from collections.abc import Callable, Collection
from typing import Any

from contracts import instant
from contracts.messages import CallMessage, RunMessage

from runrelay.dlq.holding import DeadLetterQueue, Holding, NotDeletedError
from runrelay.dlq.letter import Letter, Unreadable, describe
from runrelay.dlq.report import say_under
from runrelay.dlq.table import NotReadError
from runrelay.dlq.target import Target
from runrelay.dlq.tour import Outcome, Treatment


def facts(letter: Letter) -> dict[str, Any]:
    """Say which letter it is and what it is about, for programs; its body is not among that."""
    message = letter.message
    return {
        "message_id": letter.message_id,
        "queue": letter.queue,
        "sent_at": instant.to_text(letter.sent_at),
        "about": describe(message),
        "is_readable": not isinstance(message, Unreadable),
        "run_id": message.run_id if isinstance(message, RunMessage | CallMessage) else None,
    }


def whole(target: Target, letter: Letter) -> dict[str, Any]:
    """Say all of a letter: its facts, its body, and the run that it is about."""
    return {**facts(letter), "body": letter.body, "run": _run(target, letter)}


def letters(
    target: Target,
    queues: tuple[DeadLetterQueue, ...],
    message_ids: Collection[str],
    hold: Callable[..., Holding] = Holding,
) -> tuple[list[Letter], bool]:
    """Look at letters without a word, and say whether all were seen that are meant.

    Args:
        message_ids: The letters that are meant; all, if none is named.
        hold: Makes what receives and holds the letters of one queue.
    """
    found, left, is_whole = [], set(message_ids), True
    for queue in queues:
        with hold(target.sqs, queue) as holding:
            for letter in holding.letters():
                if message_ids and letter.message_id not in message_ids:
                    continue
                found.append(letter)
                left.discard(letter.message_id)
                if message_ids and not left:
                    return found, True
        is_whole &= holding.is_whole
    return found, is_whole and not left


def dropping() -> Treatment:
    """Make the treatment that deletes a letter, and says what was in it before that."""

    def treat(holding: Holding, letter: Letter) -> Outcome:
        say_under(json.dumps(letter.body, ensure_ascii=True))
        try:
            holding.drop(letter)
        except NotDeletedError as error:
            say_under(f"not dropped: {error}", style="red")
            return "failed"
        say_under("dropped", style="green")
        return "dropped"

    return treat


def _run(target: Target, letter: Letter) -> dict[str, Any] | None:
    """Read the run that a letter is about; none if there is none, or none any more."""
    try:
        run = target.table.known(letter.message).run
    except NotReadError as error:
        return {"error": str(error)}
    return None if run is None else {"run_id": run.run_id, "status": run.status, "turn": run.turn}


def body_lines(body: str) -> list[str]:
    """Write a body for a terminal: JSON by its lines, and no control characters."""
    try:
        text = json.dumps(json.loads(body), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = body
    return ["".join(each if each.isprintable() else "?" for each in line) for line in text.split("\n")]


def run_words(run: dict[str, Any] | None) -> str:
    """Say how a letter's run is."""
    match run:
        case None:
            return "no run of it was found"
        case {"error": str(words)}:
            return f"its run cannot be read: {words}"
        case _:
            return f"run {run['run_id']} is {run['status']}, in turn {run['turn']}"
