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
    [["--runs", "0"], ["--turns", "0.5"], ["--interval", "0"], ["--runs", "inf"], ["--seconds", "1e308"]],
)
def test_what_cannot_be_is_not_understood(wrong: list[str], capsys):
    assert main(["cost", *wrong]) == 2


def test_a_stack_that_is_not_there_is_said_to_be_missing(tmp_path, capsys):
    assert main(["cost", "--directory", str(tmp_path)]) == 1

    assert "stack.json is not there" in capsys.readouterr().err


@pytest.mark.parametrize(
    "most",
    ["--runs=1e12", "--seconds=2592000", "--turns=1e12", "--interval=2592000", "--requests-a-minute=1e12"],
)
def test_the_most_that_is_understood_is_reckoned_with(most: str, capsys):
    assert main(["cost", most]) == 0
    assert "nan" not in capsys.readouterr().out
    assert main(["cost", most, "--json"]) == 0
    assert json.loads(capsys.readouterr().out, parse_constant=pytest.fail)["load"]
