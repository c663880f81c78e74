"""What people type and no command understands is told as that, and never as a traceback."""

import io
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
import typer

from runrelay import InvalidRequestError, NotFoundError
from runrelay.__main__ import main
from runrelay.cli.inputs import document_of, moment_of, object_of, pairs_of, text_of
from runrelay.client import operations
from runrelay.dlq.contents import body_lines
from runrelay.timeline import Timeline


@pytest.mark.parametrize("typed", ["", "{", "NaN", '{"temperature": -Infinity}', "[" * 200_000])
def test_what_is_no_json_is_said_to_be_none(typed: str):
    with pytest.raises(typer.BadParameter, match="that is no JSON"):
        document_of(typed)


def test_json_of_another_kind_is_no_object():
    with pytest.raises(typer.BadParameter, match="no JSON object"):
        object_of("[]")


def test_a_text_is_read_from_a_pipe_as_a_shell_makes_one():
    reading, writing = os.pipe()
    os.write(writing, b'{"model": "gpt-6-astra"}')
    os.close(writing)

    assert object_of(f"/dev/fd/{reading}") == {"model": "gpt-6-astra"}
    os.close(reading)


def test_a_byte_order_mark_is_no_part_of_a_text(tmp_path: Path):
    path = tmp_path / "request.json"
    path.write_text("{}", encoding="utf-8-sig")

    assert text_of(str(path)) == text_of(f"@{path}") == "{}"


def test_a_folder_and_what_is_too_long_for_a_path_are_texts(tmp_path: Path):
    assert text_of(str(tmp_path)) == str(tmp_path)
    assert text_of("x" * 10_000) == "x" * 10_000


def test_a_file_that_cannot_be_read_is_said_to_be_none_and_not_sent_as_its_name():
    with pytest.raises(typer.BadParameter, match="/proc/self/mem cannot be read"):
        text_of("/proc/self/mem")


def test_what_is_no_text_on_standard_input_is_said_to_be_none(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\xff"), encoding="utf-8"))

    with pytest.raises(typer.BadParameter, match="standard input is no text"):
        text_of("-")


@pytest.mark.parametrize(
    "typed",
    ["999999d", f"{'9' * 30}d", f"{'9' * 5000}m", "yesterday", "0000-01-01", "0001-01-01", "9999-12-31", ""],
)
def test_what_is_no_moment_is_said_to_be_none(typed: str):
    with pytest.raises(typer.BadParameter, match="a moment is"):
        moment_of(typed)


def test_a_moment_is_read():
    assert moment_of("2026-11-21T09:30Z") == datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize("typed", [["scenario"], ["=x"], ["a=1", "b=2", "a=3"]])
def test_pairs_are_names_with_values_each_name_once(typed: list[str]):
    with pytest.raises(typer.BadParameter, match=r"is not NAME=VALUE|a is said twice"):
        pairs_of(typed)
    assert pairs_of(["a=1", "b=2=3", "c="]) == {"a": "1", "b": "2=3", "c": ""}


@pytest.mark.parametrize("hours", ["nan", "-1", "1e300", "inf"])
def test_logs_are_not_sought_for_hours_that_are_none(hours: str):
    assert main(["logs", "run_1", "--hours", hours]) == 2


@pytest.mark.parametrize("run_id", ["", ".", ".."])
def test_an_id_that_would_make_another_path_is_nobodys(run_id: str):
    with pytest.raises(NotFoundError, match="nothing has the id"):
        operations.delete(run_id)
    with pytest.raises(NotFoundError, match="nothing has the id"):
        operations.decide("run_1", run_id, approve=True)


@pytest.mark.parametrize("key", ["", " ", "a\nb", "ü", "a "])
def test_a_key_that_no_header_can_hold_is_not_sent(key: str):
    with pytest.raises(InvalidRequestError, match="idempotency_key"):
        operations.start(request={}, idempotency_key=key)
    assert operations.start(request={}, idempotency_key="a b").headers == {"idempotency-key": "a b"}


DEEP = "[" * 200_000


def test_json_that_is_nested_without_end_is_shown_as_it_is():
    event = {"type": "call_requested", "call_id": "call_1", "name": "get_order", "at": "2026-11-21T09:30:00Z"}
    call = {"call_id": "call_1", "name": "get_order", "arguments": DEEP}
    run = {"created_at": "2026-11-21T09:30:00Z", "calls": [call]}

    (line,) = Timeline(run).new_lines([event], run)

    assert line.plain.endswith("get_order([[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…) requested")
    assert body_lines(DEEP) == [DEEP]
