"""The command line, as somebody types it, against the stack."""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from contracts.messages import RunMessage, to_body
from runrelay_client import Client, calls, text

from runrelay.__main__ import main

LARGE_REFUND = ("refund_order", {"order_id": "A-1", "cents": 200_000})
GET = ("get_order", {"order_id": "A-1"})
ASK = ("ask_warehouse", {"question": "Can the parcel still be stopped?"})


class Typed:
    """Types commands, and reads what they print."""

    def __init__(self, directory: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._where = ["--directory", str(directory)]
        self._capsys = capsys

    def __call__(self, *words: str, code: int = 0) -> str:
        """Give what a command prints, if it ends with that code."""
        self._capsys.readouterr()
        ended = main([*words, *self._where])
        said = self._capsys.readouterr()
        assert ended == code, said.err or said.out
        return said.out or said.err

    def json(self, *words: str, code: int = 0):
        return json.loads(self(*words, "--json", code=code))


@pytest.fixture
def typed(client: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Typed:
    client.stack.write(tmp_path / "stack.json")
    return Typed(tmp_path, capsys)


def start(typed: Typed, client: Client, *turns, **more: str) -> str:
    options = [word for name, value in more.items() for word in (f"--{name}", value)]
    scenario = client.put_scenario(*turns)
    tools = [word for name in ("get_order", "refund_order", "ask_warehouse") for word in ("--tool", name)]
    return typed(
        "runs", "start", "--input", "go", "--metadata", f"scenario={scenario}", *tools, *options
    ).strip()


def test_a_run_is_started_and_watched_to_its_end(typed: Typed, client: Client, tmp_path: Path):
    prompt = tmp_path / "prompt.txt"
    prompt.write_text("Where is my order?")
    scenario, subject = client.put_scenario(calls(GET), text("On its way.")), f"customer {uuid4()}"

    told = typed(
        *("runs", "start", "--tool", "get_order", "--input", str(prompt), "--watch"),
        *("--metadata", f"scenario={scenario}", "--subject", subject),
    )

    (listed,) = typed.json("runs", "list", "--subject", subject, "--status", "completed,failed")
    assert 'get_order("A-1") succeeded' in told
    assert "run completed" in told
    assert client.posted(listed["run_id"])[0]["input"] == "Where is my order?"
    assert "On its way." in typed("runs", "show", listed["run_id"])


def test_a_run_that_fails_is_watched_to_a_one_and_its_log_is_named(typed: Typed, client: Client):
    run_id = start(typed, client, {"fail": {"code": "invalid_prompt", "message": "no"}})

    events = typed("runs", "watch", run_id, "--json", code=1).splitlines()

    assert json.loads(events[-1])["status"] == "failed"
    assert {json.loads(each)["run_id"] for each in events} == {run_id}
    assert f"runrelay logs {run_id}" in typed("runs", "show", run_id)
    assert run_id in typed("logs", run_id)


def test_what_waits_is_in_the_inbox_and_is_approved_denied_or_answered_from_there(
    typed: Typed, client: Client
):
    subject = f"who waits {uuid4()}"
    approved, denied, answered = (
        start(typed, client, calls(LARGE_REFUND), text("refunded"), subject=subject),
        start(typed, client, calls(LARGE_REFUND), text("not refunded"), subject=subject),
        start(typed, client, calls(ASK), text("stopped"), subject=subject),
    )
    waiting = {
        approved: client.waiting(approved),
        denied: client.waiting(denied),
        answered: client.waiting(answered, "pending"),
    }
    inbox = {each["run_id"]: each["call"]["call_id"] for each in typed.json("inbox", "--subject", subject)}
    assert inbox == {run_id: call["call_id"] for run_id, call in waiting.items()}
    assert f"runrelay calls approve {approved}" in typed("inbox")

    typed("calls", "approve", approved, "--reason", "Fine.")
    typed("calls", "deny", denied, inbox[denied], "--reason", "Too much.")
    typed("calls", "output", answered, inbox[answered], "yes, at the gate")

    for run_id, outcome in ((approved, "succeeded"), (denied, "denied"), (answered, "succeeded")):
        assert [call["outcome"] for call in client.ended(run_id)["calls"]] == [outcome]
    assert [effect["run_id"] for effect in client.effects()] == [approved]
    assert "Nothing waits for anybody." in typed("inbox", "--subject", subject)


def test_a_run_is_cancelled_then_deleted_and_then_it_is_said_to_be(typed: Typed, client: Client):
    run_id = start(typed, client, {"never": True})
    refused = typed("runs", "delete", run_id, code=1)
    assert "cancel it first" in refused
    assert f"runrelay runs show {run_id} --directory" in refused

    typed("runs", "cancel", run_id)
    client.ended(run_id)
    assert "runrelay inbox --directory" in typed("calls", "deny", run_id, "call_1", code=1)
    typed("runs", "delete", run_id)

    assert "deleted" in typed("runs", "show", run_id, code=1)
    assert run_id not in typed("runs", "list")


def test_dead_letters_are_listed_shown_redriven_and_dropped(typed: Typed, client: Client):
    run_id = start(typed, client, text("done"))
    client.ended(run_id)
    good, bad = (die(client, body) for body in (to_body(RunMessage(run_id, "check")), "swordfish"))

    listed = {each["message_id"]: each for each in typed.json("dlq", "list")}
    shown = typed("dlq", "show", good)
    planned = typed("dlq", "redrive", "--dry-run", "--message-id", good)
    (redriven,) = typed.json("dlq", "redrive", "--message-id", good)["letters"]
    (dropped,) = typed.json("dlq", "drop", bad, "--yes")["letters"]

    assert (listed[good]["run_id"], listed[bad]["is_readable"]) == (run_id, False)
    assert f"run {run_id} is completed" in shown
    assert good in planned
    assert (redriven["message_id"], redriven["outcome"]) == (good, "redriven")
    assert (dropped["message_id"], dropped["outcome"]) == (bad, "dropped")
    assert {good, bad}.isdisjoint(each["message_id"] for each in typed.json("dlq", "list"))


def die(client: Client, body: str) -> str:
    """Put a letter where one is that was received five times."""
    url = client.stack.run_dead_letter_queue_url
    message_id: str = client.stack.client("sqs").send_message(QueueUrl=url, MessageBody=body)["MessageId"]
    return message_id


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["runs", "start"], "say either --input, or --request"),
        (["runs", "start", "--input", "x", "--tool", "nothing"], "the catalog has no tool named nothing"),
        (["runs", "start", "--input", "x", "--tool", "nothing"], "`make up` puts them on the stack"),
        (["runs", "start", "--request", "{"], "that is no JSON"),
        (["runs", "start", "--input", "@/nowhere"], "/nowhere cannot be read"),
        (["runs", "start", "--input", "x", "--kind", "thread"], "needs an assistant_id"),
        (["runs", "start", "--input", "x", "--metadata", "scenario"], "is not NAME=VALUE"),
        (["runs", "start", "--input", "x", "--idempotency-key", ""], "a header holds visible ASCII"),
        (["runs", "list", "--since", "yesterday"], "a moment is 2026-11-21T09:30:00Z"),
        (["runs", "list", "--status", "done"], "status"),
        (["runs", "show", "run_01JD2Q4Z7V8X9YABCDEFGHJKMN"], "there is no run"),
        (["runs", "show", "run_01JD2Q4Z7V8X9YABCDEFGHJKMN"], "runrelay runs list --directory"),
        (["dlq", "show", "nothing"], "runrelay dlq list --directory"),
        (["calls", "approve", "call_1"], "call_1 is a call's id: a run's begins with run_"),
        (["runs", "show", "nope"], "nope is no run's id"),
        (["calls", "approve", "run_01JD2Q4Z7V8X9YABCDEFGHJKMN"], "there is no run"),
        (["calls", "output", "run_01JD2Q4Z7V8X9YABCDEFGHJKMN", "call_1"], "say either an output or --error"),
    ],
)
def test_what_is_wrong_is_said_and_is_no_zero(
    typed: Typed, capsys, tmp_path: Path, words: list[str], says: str
):
    code = main([*words, "--directory", str(tmp_path)])

    said = capsys.readouterr()
    assert code in (1, 2)
    assert said.out == ""
    assert says in " ".join(said.err.replace("│", " ").split())


def test_what_polling_costs_is_reckoned_from_the_stacks_own_runs(typed: Typed, client: Client):
    typed("runs", "watch", start(typed, client, calls(GET), text("done")))

    told = typed.json("cost", "--interval", "2", "--seconds", "4321")

    assert told["load"]["runs"] >= 1
    assert told["load"]["turns"] > 1
    assert told["load"]["interval_seconds"] == 2
    assert told["load"]["seconds"] == 4321  # what is typed is meant
    assert "Runrelay" in typed("cost")
