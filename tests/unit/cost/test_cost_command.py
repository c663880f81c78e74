"""`runrelay cost`, as it is typed."""

import json

import pytest

from runrelay.__main__ import main


def test_a_month_is_told_as_a_table_a_plot_and_a_break_even(capsys):
    assert main(["cost", "--runs", "1000000", "--seconds", "600", "--turns", "2", "--interval", "2"]) == 0

    told = capsys.readouterr().out
    assert "1,000,000 runs a month, 600 s each, 2 turns; polled every 2 s" in told
    assert "█" in told
    assert "Runrelay costs less on AWS than polling for runs of" in told
    assert "That is with workers handed a message at a time; handed ten" in told.replace("\n", " ")
    assert "OpenAI documents no price for a retrieve" in told.replace("\n", " ")


def test_programs_get_it_as_json_with_what_it_rests_on(capsys):
    assert main(["cost", "--runs", "1000", "--json"]) == 0

    told = json.loads(capsys.readouterr().out)
    assert told["load"]["runs"] == 1000
    assert told["prices"].keys() == {"read_on", "region"}
    assert told["runrelay"]["requests_a_run"] == 3
    assert told["assumptions"]


@pytest.mark.parametrize(
    "wrong",
    [
        *(["--runs", "0"], ["--turns", "0.5"], ["--interval", "0"]),
        *([f"--{name}", "inf"] for name in ("runs", "seconds", "turns", "interval", "requests-a-minute")),
        *(["--seconds", "1e300"], ["--seconds", "nan"]),
    ],
    ids=" ".join,
)
def test_what_cannot_be_is_not_understood(wrong: list[str], capsys):
    assert main(["cost", *wrong]) == 2


def test_the_words_say_what_the_table_does_also_of_few_runs_that_are_very_long(capsys):
    assert main(["cost", "--runs", "20", "--seconds", "2592000", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)

    assert told["runrelay"]["dollars"] < told["polling"]["dollars"]
    assert told["breaks_even_at_seconds"] < 2_592_000


def test_a_stack_that_is_not_there_is_said_to_be_missing(tmp_path, capsys):
    assert main(["cost", "--directory", str(tmp_path)]) == 1

    assert "stack.json is not there" in capsys.readouterr().err
