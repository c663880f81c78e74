"""The page of dead letters, before and after some were redriven."""

from datetime import UTC, datetime

import pytest

from runrelay.console.dead_letters import Letters, Planned, seen
from runrelay.console.guard import Keys
from runrelay.console.notes import Notes
from runrelay.console.rendering import Pages
from runrelay.dlq.letter import Letter, Unreadable
from runrelay.dlq.plan import Plan

LETTER = Letter(
    queue="run",
    message_id="m-1",
    receipt_handle="r-1",
    sent_at=datetime(2026, 11, 27, 9, tzinfo=UTC),
    body="<b>",
    message=Unreadable("no JSON"),
)


@pytest.mark.parametrize(
    ("came_to", "is_told_why"),
    [
        ("", True),
        ("held back", True),
        ("redriven", False),
        ("redriven, and still a dead letter: it is gone. Redriving it again does no harm.", False),
    ],
)
def test_why_a_letter_is_held_back_is_told_unless_it_was_not(came_to: str, *, is_told_why: bool):
    plan = Plan("nothing", "would fail again", held_back="unreadable")
    letters = Letters((Planned(LETTER, "not a message", plan, came_to=came_to),), is_whole=True)
    pages = Pages("local stack", Keys(), Notes(), is_read_only=False)

    html = pages.parts("dead_letters.html", seen(letters, is_done=bool(came_to)).context)["html"]

    assert ("Held back:" in html) is is_told_why
