"""`runrelay webhook test` and `send`, and what they and `runrelay logs` print for programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from runrelay_client import Client

from runrelay.__main__ import main


@pytest.fixture
def runrelay(client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Run a command on the stack, and give its exit code and what it printed."""
    client.stack.write(tmp_path / "stack.json")

    def run(*words: str) -> tuple[int, Any]:
        capsys.readouterr()
        code = main([*words, "--json", "--directory", str(tmp_path)])
        return code, json.loads(capsys.readouterr().out)

    return run


def test_a_test_event_of_openais_is_told_with_its_status(runrelay):
    code, report = runrelay("webhook", "test")

    assert (code, report["outcome"], report["did"], report["test_status"]) == (0, "unchanged", [], 202)


def test_what_is_shown_has_all_types_and_no_secret(runrelay):
    code, shown = runrelay("webhook", "show")

    assert (code, shown["missing_event_types"], shown["is_secret_held"]) == (0, [], True)
    assert "whsec_" not in json.dumps(shown)


def test_an_event_that_is_sent_by_hand_is_taken_as_openais(runrelay):
    code, sent = runrelay("webhook", "send", "batch.completed", "--id", "batch_1", "--data", '{"more": 1}')

    assert (code, sent["status"]) == (0, 202)
    assert sent["event"]["data"] == {"id": "batch_1", "more": 1}


def test_log_lines_that_are_not_there_are_an_empty_list(runrelay):
    assert runrelay("logs", "nobody-has-this-id") == (1, [])
