"""Long steps say what they do, how far they are, and how long they took."""

import re
import sys
import time
from io import StringIO

import pytest
from rich.console import Console

from runrelay import progress
from runrelay.progress import step, steps
from tasks import saying

PATIENCE_SECONDS = 30


@pytest.fixture
def piped(monkeypatch: pytest.MonkeyPatch) -> StringIO:
    """Have a console that is no terminal, and lines at once."""
    return console(monkeypatch, is_terminal=False)


def console(monkeypatch: pytest.MonkeyPatch, *, is_terminal: bool) -> StringIO:
    said = StringIO()
    monkeypatch.setattr(progress, "console", Console(file=said, force_terminal=is_terminal, width=100))
    monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", 0.01)
    return said


def lines(said: StringIO) -> list[str]:
    """Give what was said, without how long it took."""
    return [re.sub(r"\d+(\.\d)? s", "N s", line) for line in said.getvalue().splitlines()]


def test_a_long_step_that_is_piped_says_again_and_again_how_far_it_is(piped: StringIO):
    with step("Building", lambda: "1 of 2"):
        wait_until_said(", 1 of 2 ...", piped)

    said = lines(piped)
    assert (said[0], said[1], said[-1]) == ("Building ...", "  N s, 1 of 2 ...", "✓ Building N s")


def test_a_terminal_shows_how_far_it_is_beside_the_spinner(monkeypatch: pytest.MonkeyPatch):
    said = console(monkeypatch, is_terminal=True)

    with step("Building", lambda: "1 of 2"):
        pass

    assert re.search(r"Building 1 of 2 \S*0:00:0", said.getvalue())


def test_each_thing_that_is_gone_through_is_counted(piped: StringIO):
    for number, _ in enumerate(steps("Compiling", ["a", "b", "c"])):
        wait_until_said(f", {number} of 3 ...", piped)

    assert lines(piped)[-1] == "✓ Compiling N s"


def wait_until_said(words: str, said: StringIO) -> None:
    give_up_at = time.monotonic() + PATIENCE_SECONDS
    while words not in said.getvalue():
        assert time.monotonic() < give_up_at
        time.sleep(0.01)


def test_a_step_that_raises_is_told_as_failed(piped: StringIO):
    def fail() -> None:
        for _ in steps("Compiling", ["a"]):
            raise KeyError

    with pytest.raises(KeyError):
        fail()

    assert lines(piped)[-1] == "✗ Compiling N s"


@pytest.mark.parametrize(("code", "mark"), [(0, "✓"), (3, "✗")])
def test_a_program_of_makes_is_told_with_its_end_and_its_exit_code(
    code: int, mark: str, capfd: pytest.CaptureFixture[str]
):
    assert saying.main("Setting up", sys.executable, "-c", f"print('at it'); exit({code})") == code

    first, *_, last = capfd.readouterr().out.splitlines()
    assert first == "Setting up ..."
    assert last.startswith(f"{mark} Setting up ")


def test_a_program_of_makes_that_takes_long_is_told_to_go_on(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(saying, "SECONDS_BETWEEN_LINES", 0.01)

    saying.main("Setting up", sys.executable, "-c", "import time; time.sleep(0.5)")

    assert "  0 s ..." in capfd.readouterr().out.splitlines()
