"""Whatever a provider answers, the run ends with a word, and nothing is written that others refuse.

Each case is a run by seed: of some kind, with every answer spoilt, or one in two, or one in five.
`make test` drives a thousand, `--exhaustive` twenty thousand, and `FUZZ_CASES=...` as many as it says.
"""

import json
from collections.abc import Sequence
from random import Random
from typing import Any

import httpx2
import pytest
from contracts.status import KINDS, Kind

from tests.fuzz import answers
from tests.fuzz.hostile import any_value, spoilt, written
from tests.fuzz.world import SmallWorker

SHARES = 16
"""Tests that the cases are spread over, so that each is told of by the smallest number that shows it."""


class Provider:
    """A provider out of its mind, by seed."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._madness = random.choice((1.0, 0.5, 0.2))
        self._errors = random.choice((0.0, 0.0, 0.1, 0.4))
        self._times = random.choice((1, 1, 2, 4, 8))

    def answer(self, method: str, path: str) -> httpx2.Response:
        """Answer a request, well or not."""
        random = self._random
        if random.random() < self._errors:
            return self._error()
        document: Any = random.choice(_documents(method, path))
        if random.random() < self._madness:
            document = spoilt(document, random, self._times) if random.random() < 0.95 else any_value(random)
        headers = {"content-type": random.choice(("application/json", "text/html"))}
        return httpx2.Response(200, content=written(document, random), headers=headers)

    def _error(self) -> httpx2.Response:
        random = self._random
        headers = {
            "retry-after": random.choice(("1", "100000", "0.5", "soon", "Sat, 21 Nov 2026 10:00:00 GMT"))
        }
        content = written(spoilt(random.choice(answers.ERRORS), random, self._times), random)
        return httpx2.Response(random.choice(answers.ERROR_STATUSES), content=content, headers=headers)


def _documents(method: str, path: str) -> Sequence[Any]:
    """Give what the API may answer to a request when all is well."""
    of = {
        "/messages": answers.THREAD_MESSAGES,
        "/items": answers.SESSION_ITEMS,
        "/turns": answers.SESSION_TURNS,
        "/threads": ({"id": "thread_1"},),
        "/sessions": ({"object": "list", "data": answers.SESSIONS, "has_more": False},),
        "/runs": ({"object": "list", "data": answers.THREAD_RUNS, "has_more": False},),
    }
    listed = next((documents for end, documents in of.items() if path.endswith(end)), None)
    if "/threads" in path:
        return listed if listed and (method == "GET" or path.endswith("/threads")) else answers.THREAD_RUNS
    if "/sessions" in path:
        return listed if listed and method == "GET" else answers.SESSIONS
    return answers.RESPONSES


def _kind(seed: int) -> Kind:
    return KINDS[seed % len(KINDS)]


@pytest.mark.parametrize("share", range(SHARES))
def test_whatever_a_provider_answers_the_run_ends_with_a_word(worker: SmallWorker, cases: int, share: int):
    for seed in range(share, cases, SHARES):
        try:
            run = worker.drive(_kind(seed), Provider(Random(seed)).answer)
        except Exception as error:
            error.add_note(f"seed {seed}, kind {_kind(seed)}")
            raise
        assert run.is_over
        assert run.status == "completed" or run.error is not None, f"seed {seed}: {run}"


@pytest.mark.parametrize("kind", KINDS)
def test_a_provider_in_its_right_mind_brings_runs_to_the_end_it_says(worker: SmallWorker, kind: Kind):
    ends = set()
    for seed in range(60):
        provider = Provider(Random(seed))
        provider._madness = provider._errors = 0.0
        ends.add(worker.drive(kind, provider.answer).status)

    assert {"completed", "failed"} <= ends


def test_what_the_fuzz_spoils_is_a_document_still():
    for seed in range(200):
        random = Random(seed)
        json.dumps(spoilt(random.choice(answers.RESPONSES), random, 8))
