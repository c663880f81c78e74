"""An answer that comes drop by drop is waited for no longer than another one."""

from collections.abc import Iterator

import httpx2
import openai
import pytest
from contracts.errors import AnswerLostError, ProviderBusyError

from functions.worker.providers.api import OpenAIApi
from functions.worker.providers.whole_answers import whole_within
from functions.worker.time_left import SECONDS_FOR_ONE_REQUEST
from tests.integration import local_aws

SECONDS = 13
BODY = b'{"id": "resp_1", "status": "queued"}'


class Drops(httpx2.SyncByteStream):
    """A body of which each byte takes a while, and after which there is nothing."""

    def __init__(self, clock: list[float], seconds_for_one: float) -> None:
        self._clock = clock
        self._seconds_for_one = seconds_for_one
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        for byte in BODY:
            self._clock[0] += self._seconds_for_one
            yield bytes([byte])

    def close(self) -> None:
        self.is_closed = True


def api_of(body: Drops, clock: list[float]) -> OpenAIApi:
    transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=body))
    hooks = whole_within(SECONDS, lambda: clock[0])
    http_client = openai.DefaultHttpxClient(transport=transport, event_hooks=hooks)
    client = openai.OpenAI(
        api_key="k", base_url="https://o.test/v1", max_retries=0, timeout=10, http_client=http_client
    )
    return OpenAIApi(lambda: client, base_url="https://o.test/v1")


@pytest.mark.parametrize("seconds", [1, SECONDS])
def test_an_answer_that_takes_its_time_is_read_whole(seconds):
    clock = [0.0]
    body = Drops(clock, seconds / len(BODY))

    assert api_of(body, clock).get("/responses/resp_1")["id"] == "resp_1"
    assert body.is_closed


@pytest.mark.parametrize("seconds_for_one", [0.5, 9.0])
def test_an_answer_that_comes_drop_by_drop_is_given_up_like_one_that_does_not_come(seconds_for_one):
    clock = [100.0]
    body = Drops(clock, seconds_for_one)
    api = api_of(body, clock)

    with pytest.raises(ProviderBusyError) as looked:
        api.get("/responses/resp_1")
    with pytest.raises(AnswerLostError):
        api.post("/responses", {"model": "m"})

    assert looked.value.is_lost
    assert body.is_closed
    assert clock[0] <= 100 + 2 * (SECONDS + seconds_for_one)


def test_the_worker_waits_so_for_openai(aws, monkeypatch):
    app = local_aws.start("WorkerFunction").app
    assert app.SECONDS_FOR_ONE_ANSWER < SECONDS_FOR_ONE_REQUEST
    monkeypatch.setattr(app, "SECONDS_FOR_ONE_ANSWER", -1)
    client = app._openai_client("https://o.test/v1", "k")
    client._client._transport = httpx2.MockTransport(lambda _: httpx2.Response(200, stream=Drops([0], 0)))

    with pytest.raises(openai.APITimeoutError):
        client.get("/responses/resp_1", cast_to=httpx2.Response)
