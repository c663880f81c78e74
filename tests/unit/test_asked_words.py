"""Who decides on a call at the terminal sees what it asks for, or that it cannot be seen."""

import dataclasses

import pytest
import typer

from runrelay.cli import calls
from runrelay.cli.runs_in_words import asked
from runrelay.client.decoding import decoded, whole_run
from runrelay.client.models import Call
from tests.unit.client.test_client_decoding import CALL, RUN

LONG = '{"note": "' + 300 * "x" + '", "cents": 999999}'


def a_call(**more: object) -> Call:
    return decoded(Call, CALL | {"name": "refund", "outcome": "awaiting_decision"} | more)


def test_a_list_shows_as_much_of_the_arguments_as_is_worth_a_look():
    assert asked(a_call(arguments='{"cents":\n 5}')) == 'refund({"cents": 5})'
    assert asked(a_call(arguments=LONG)).endswith("x…)")


def test_arguments_that_were_left_out_are_not_shown_as_none():
    assert asked(a_call(arguments=None, arguments_left_out=True)) == (
        "refund: its arguments are too long to be shown"
    )


def test_who_is_asked_sees_all_of_them(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: "quit")
    call = a_call(arguments=LONG)

    calls._ask(None, [(dataclasses.replace(whole_run(RUN), calls=(call,)), call)])  # type: ignore[arg-type]

    assert LONG in capsys.readouterr().out
