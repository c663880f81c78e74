"""An upgrade from the release before, and a rollback to it, with runs of each kind under way."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx2
import previous_release
import pytest
from previous_release import PreviousRelease
from runrelay_client import Client, calls, text
from webhook_flood import SENDERS, Flood, flooded

from runrelay.__main__ import main
from runrelay.stack import Stack
from tasks import artifact, package

KINDS = ("response", "session", "thread")
TOOLS = ["get_order", "refund_order", "ask_warehouse"]
GET = ("get_order", {"order_id": "A-1"})
REFUND = ("refund_order", {"order_id": "A-1", "cents": 200_000})
ASK = ("ask_warehouse", {"question": "Can the parcel still be stopped?"})
PARAMETERS = {"CheckFirstSeconds": "20", "WorkerConcurrency": "2", "ToolConcurrency": "2"}

needs_history = pytest.mark.skipif(
    not previous_release.is_in_history(), reason="a shallow clone: git fetch --unshallow"
)


@pytest.fixture
def before(tmp_path: Path) -> PreviousRelease:
    return PreviousRelease(tmp_path, parameters=PARAMETERS)


@pytest.fixture
def upgraded(before: PreviousRelease) -> Iterator[Client]:
    """A stack of its own, on which the release before is deployed."""
    with before as stack, httpx2.Client(timeout=30, headers=stack.api_headers, trust_env=False) as http:
        yield Client(stack, http)


@needs_history
def test_runs_under_way_end_though_their_release_is_upgraded_and_rolled_back(
    before: PreviousRelease, upgraded: Client
):
    client, stack = upgraded, upgraded.stack
    ended_before = client.ended(client.start(text("done")))["run_id"]
    old = Runs(client)
    with flooded(client) as during_upgrade:
        with artifact.built(artifact.host_architecture()) as template:
            deploy(before, package.packed(template), stack)
        amid = Runs(client)
    assert main(["relist", "--directory", str(before.directory)]) == 0
    assert ended_before in client.listed(status="completed")
    old.answer()

    ended = old.ended()
    with flooded(client) as during_rollback:
        deploy(before, package.packed(previous_release.built()), stack)
    amid.answer()
    new = Runs(client)
    new.answer()

    ended |= amid.ended() | new.ended()
    assert {run["status"] for run in ended.values()} == {"completed"}
    assert client.dead_letters() == 0
    refunds = [effect["run_id"] for effect in client.effects() if effect["effect"] == "refund"]
    assert sorted(refunds) == sorted(old.refunds | amid.refunds | new.refunds)
    assert len(client.endpoints()) == 1
    for flood in (during_upgrade, during_rollback):
        assert flood.amid > SENDERS
        assert refused(flood) == set()


def refused(flood: Flood) -> set[int]:
    """Give the statuses that say that a webhook is wrong; one that comes at a bad moment comes again."""
    at_a_bad_moment = {None, HTTPStatus.TOO_MANY_REQUESTS}
    return {status for status in flood.statuses if status not in at_a_bad_moment and 400 <= status < 500}


def deploy(before: PreviousRelease, template: Path, stack: Stack) -> None:
    before.deploy(template, stack.aws_endpoint_url, stack.simulator_url)


class Runs:
    """A run of each kind in each state: its model is at work, a call waits for a person, or for an output."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self.refunds = {self._start(kind, calls(REFUND)) for kind in KINDS}
        self.questions = {self._start(kind, calls(ASK)) for kind in KINDS}
        self.at_work = {self._start(kind, calls(GET, seconds=15)) for kind in KINDS}
        self._refunds = {run_id: client.waiting(run_id)["call_id"] for run_id in self.refunds}
        self._questions = {run_id: client.waiting(run_id, "pending")["call_id"] for run_id in self.questions}

    def _start(self, kind: str, turn: dict[str, Any]) -> str:
        return self._client.start(turn, text("done"), kind=kind, tools=TOOLS)

    def answer(self) -> None:
        """Give everybody what they wait for."""
        answers = [
            self._client.decide(run_id, call_id, approve=True) for run_id, call_id in self._refunds.items()
        ]
        answers += [
            self._client.give(run_id, call_id, output="yes") for run_id, call_id in self._questions.items()
        ]
        assert [answer.status_code for answer in answers] == [202] * len(answers)

    def ended(self) -> dict[str, dict[str, Any]]:
        every = self.refunds | self.questions | self.at_work
        return {run_id: self._client.ended(run_id) for run_id in every}
