"""What is said of dead letters: ids, types and plans."""

from contracts import instant

from runrelay.cli.output import say
from runrelay.dlq.letter import Letter, describe


def say_queue(name: str, *, visible: int, held: int) -> None:
    """Open a queue's part."""
    elsewhere = f", and {held} that somebody holds now" if held else ""
    say(f"{name} dead-letter queue: about {counted(visible)}{elsewhere}", style="bold")


def say_letter(letter: Letter) -> None:
    """Say which letter it is and what it is about."""
    sent = instant.to_text(letter.sent_at)
    say(f"  {letter.message_id}  {letter.queue}  sent {sent}  {describe(letter.message)}")


def say_under(words: str, *, style: str = "") -> None:
    """Say something of the letter above."""
    say(f"      {words}", style=style)


def counted(number: int) -> str:
    """Count messages in words."""
    return f"{number} message" if number == 1 else f"{number} messages"
