"""Who decides on a call at the terminal sees what it asks for, or that it cannot be seen."""

import dataclasses
from types import SimpleNamespace

import pytest
import typer

from runrelay import ConflictError, InvalidRequestError
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


def test_what_is_refused_is_asked_again_and_what_somebody_else_decided_is_not(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    run, call = whole_run(RUN), a_call()
    typed = iter(["deny", "too long", "deny", "no", "approve", ""])
    monkeypatch.setattr(typer, "prompt", lambda *_, **__: next(typed))
    answers = iter(
        [InvalidRequestError("reason: too long"), a_call(decision="denied"), ConflictError("late")]
    )
    seen = []

    def decide(*_: object, approve: bool, reason: str | None) -> Call:
        seen.append((approve, reason))
        answer = next(answers)
        if isinstance(answer, Exception):
            raise answer
        return answer

    client = SimpleNamespace(runs=SimpleNamespace(decide=decide))
    calls._ask(client, [(run, call), (run, call)])  # type: ignore[arg-type]

    assert seen == [(False, "too long"), (False, "no"), (True, None)]
    assert capsys.readouterr().err == "reason: too long\nlate\n"
