"""`python -m bench`: the smallest run of a question, from the command to its files."""

import json
import re
from pathlib import Path

import pytest

from bench import __main__ as command
from bench.answers import Answer, Scale, Sheet, keep
from bench.charts import Bars, Lines, draw
from runrelay.command_line import CommandError

BARS = Bars("t", "x", ("a", "b"), {"p": (1, 2), "q": (3, 4)})
LINES = Lines("t", "x", "y", {"p": [(1, 1), (10, 2)]})


@pytest.mark.usefixtures("socket_enabled")
@pytest.mark.parametrize("question", ["budgets", "cost", "growth", "backlog"])
def test_the_smallest_run_of_a_question_ends_with_0_and_its_figures_as_json(question: str, tmp_path: Path):
    assert command.main([question, "--small", "--results", str(tmp_path)]) == 0

    written = json.loads((tmp_path / f"{question}.json").read_text())
    assert written["question"] == question
    assert written["command"] == f"make bench BENCH={question}"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", written["date"])
    assert written["machine"].keys() == {"cores", "architecture"}
    assert written["figures"]


def test_a_question_that_there_is_not_is_named_with_those_there_are(capsys):
    with pytest.raises(SystemExit) as ended:
        command.main(["weather"])

    assert ended.value.code == 2
    assert "no such question: weather. There are: budgets, requests" in capsys.readouterr().err


@pytest.mark.parametrize(("broken", "code"), [((), 0), (("a count",), 1)])
def test_only_a_broken_count_is_a_failure(broken, code, monkeypatch, tmp_path):
    class Question:
        @staticmethod
        def answer(_scale: Scale) -> Answer:
            return Answer((Sheet("t", ("h",), [("r",)]),), {"a": 1}, broken=broken)

    monkeypatch.setattr(command.importlib, "import_module", lambda _name: Question)

    assert command.main(["budgets", "--results", str(tmp_path)]) == code


def test_a_question_that_cannot_be_asked_is_said_and_the_others_are_answered(monkeypatch, tmp_path, capsys):
    class Question:
        def __init__(self, module: str) -> None:
            self.module = module

        def answer(self, _scale: Scale) -> Answer:
            if self.module == command.QUESTIONS["start-up"]:
                raise CommandError("sam is missing: `make up` sets it up.")
            return Answer((), {"a": 1})

    monkeypatch.setattr(command.importlib, "import_module", Question)

    assert command.main(["start-up", "growth", "--results", str(tmp_path)]) == 2
    assert "start-up: sam is missing" in capsys.readouterr().out
    assert [each.name for each in tmp_path.iterdir()] == ["growth.json"]


def test_that_results_cannot_be_written_is_said_before_anything_is_measured(tmp_path, capsys):
    (tmp_path / "file").touch()

    with pytest.raises(SystemExit) as ended:
        command.main(["growth", "--results", str(tmp_path / "file" / "results")])

    assert ended.value.code == 2
    assert "results cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("chart", [BARS, LINES], ids=["bars", "lines"])
def test_a_picture_is_the_same_bytes_each_time(chart, tmp_path):
    for name in ("one.svg", "two.svg"):
        draw(chart, tmp_path / name)

    one, two = ((tmp_path / name).read_bytes() for name in ("one.svg", "two.svg"))
    assert one == two
    assert b"<dc:date>" not in one


def test_every_question_is_a_module_that_answers():
    for module in command.QUESTIONS.values():
        assert callable(command.importlib.import_module(module).answer)


def test_no_host_name_is_kept(tmp_path):
    import platform  # noqa: PLC0415

    keep("q", Answer((), {}), Scale(), tmp_path)

    assert platform.node() not in (tmp_path / "q.json").read_text()
