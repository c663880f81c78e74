"""What commands print is what was said: to the letter for programs, and harmless to a terminal."""

import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

from runrelay import progress, timeline
from runrelay.cli import calls, output, watching
from runrelay.cli.runs_in_words import age, say_run
from runrelay.client.decoding import decoded, whole_run
from runrelay.client.models import Call, Failure, TimelineEntry
from runrelay.reach import Where
from tests.unit.client.test_client_decoding import CALL, RUN

HOSTILE = "order:key:1\t[/x] \x1b[2J\x9b\u202e\x7f\ud800 end  "
SHOWN = "order:key:1\t[/x] ?[2J???? end  "


@pytest.mark.parametrize("say", [output.say, output.say_aside])
def test_words_are_printed_as_they_are_but_for_what_steers_a_terminal(
    say, capsys: pytest.CaptureFixture[str]
):
    say(f"{HOSTILE}\r\n{HOSTILE}")

    said = capsys.readouterr()
    assert said.out + said.err == f"{SHOWN}\n{SHOWN}\n"


def test_json_says_each_character_in_any_encoding(capsys: pytest.CaptureFixture[str]):
    output.print_json({"subject": HOSTILE, "name": "Zoë \u2028"})

    said = capsys.readouterr().out
    assert said.isascii()
    assert json.loads(said) == {"subject": HOSTILE, "name": "Zoë \u2028"}


def test_words_have_their_colour_at_a_terminal(monkeypatch: pytest.MonkeyPatch):
    written = io.StringIO()
    terminal = Console(file=written, force_terminal=True, width=8, color_system="standard", no_color=False)
    monkeypatch.setattr(output, "console", terminal)

    output.say("a line of more than eight", style="red")

    assert written.getvalue() == "\x1b[31ma line of more than eight\x1b[0m\n"


def test_a_terminal_of_few_letters_gets_question_marks():
    said = subprocess.run(
        [sys.executable, "-m", "runrelay", "doctor", "--directory", "/nowhere"],
        env={"PYTHONIOENCODING": "ascii"},
        capture_output=True,
        check=False,
    )

    assert said.stdout.startswith(b"? stack")
    assert said.stderr == b""


@pytest.mark.parametrize("words", [["cost"], ["cost", "--json"]], ids=" ".join)
@pytest.mark.parametrize("environment", [{}, {"PYTHONUNBUFFERED": "1"}], ids=["buffered", "unbuffered"])
def test_where_the_answer_finds_no_room_it_is_said_and_is_no_zero(words, environment):
    with Path("/dev/full").open("wb") as full:
        said = subprocess.run(
            [sys.executable, "-m", "runrelay", *words],
            env=environment,
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert (said.returncode, said.stderr) == (1, b"The answer cannot be written: No space left on device\n")


def test_a_program_that_starts_and_watches_is_told_of_which_run_each_event_is(
    capsys: pytest.CaptureFixture[str],
):
    run = {"run_id": "run_1", "created_at": "2026-11-27T08:00:00+00:00"}
    created = TimelineEntry(
        at=datetime(2026, 11, 27, 8, tzinfo=UTC), type="run_created", known={"kind": "response"}
    )

    watching._tell(timeline.Timeline(run), (created,), run, json=True)

    assert json.loads(capsys.readouterr().out) == {
        "run_id": "run_1",
        "kind": "response",
        "at": "2026-11-27T08:00:00+00:00",
        "type": "run_created",
    }


def test_what_a_model_said_does_not_steer_the_terminal_that_shows_its_timeline():
    run = {
        "run_id": "run_1",
        "created_at": "2026-11-27T08:00:00+00:00",
        "calls": [],
        "result": {"output_text": "\x1b]0;title\x07"},
    }
    event = {"type": "run_ended", "status": "completed", "at": "2026-11-27T08:00:01+00:00"}

    (line,) = timeline.Timeline(run).new_lines([event], run)

    assert line.plain.endswith("“?]0;title?”")


FORGED = "no\nrun_2  response  completed\n    9.99 s  ● run completed"


def test_no_line_of_what_somebody_said_looks_like_an_event():
    run = {"run_id": "run_1", "created_at": "2026-11-27T08:00:00+00:00", "calls": []}
    denied = {"call_id": "call_1", "name": "refund", "decision": "denied", "reason": FORGED}
    event = {"type": "call_decided", "at": "2026-11-27T08:00:01+00:00", **denied}

    (words,) = timeline.Timeline(run).new_lines([event], run)

    assert [len(line) - len(line.lstrip()) for line in words.plain.split("\n")[1:]] == [17, 21]


def test_no_line_of_what_somebody_said_looks_like_one_of_a_run(capsys: pytest.CaptureFixture[str]):
    call = decoded(Call, CALL | {"decision": "denied", "decision_reason": FORGED, "arguments": FORGED})
    run = replace(whole_run(RUN), subject=FORGED, error=Failure(code="failed", message=FORGED), calls=(call,))

    say_run(run, Where(None, Path()), {})
    calls._show(run, call, whole=True)

    lines = capsys.readouterr().out.splitlines()
    told = "no run_2 response completed 9.99 s ● run completed"
    assert [line.strip() for line in lines if "run_2" in line and not line.startswith(" " * 8)] == [
        f"subject  {told}",
        f"error    failed: {told}",
        f"call call_1  get_order({told})  pending",
        f"denied: {told}",
        f"run_1  call_1  {age(call.created_at)}  waits for an output  {told}",
    ]


def test_what_goes_on_is_shown_below_what_was_printed_and_only_at_a_terminal(monkeypatch: pytest.MonkeyPatch):
    written = io.StringIO()
    terminal = Console(file=written, force_terminal=True, width=40, no_color=True)
    for module in (progress, output):
        monkeypatch.setattr(module, "console", terminal)

    with progress.doing(is_shown=True) as say_doing:
        say_doing("at [work]")
        output.say("done")

    before, _, after = written.getvalue().partition("done\n")
    assert before.endswith("\r\x1b[2K")
    assert "at [work]" in after


def test_what_goes_on_is_not_shown_in_a_pipe(capsys: pytest.CaptureFixture[str]):
    with progress.doing(is_shown=True) as say_doing:
        say_doing("at work")

    assert capsys.readouterr() == ("", "")
