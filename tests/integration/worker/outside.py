"""OpenAI's side of the wire, answered by a test; ours is the real adapter and the real SDK."""

from collections.abc import Callable

import httpx2
import openai

from functions.worker.providers.api import OpenAIApi

URL = "https://api.openai.com/v1"


def answered_by(respond: Callable[[httpx2.Request], httpx2.Response]) -> OpenAIApi:
    """Make an API whose requests, by a client like the worker's, are answered by a function."""

    def client() -> openai.OpenAI:
        return openai.OpenAI(
            api_key="sk-test",
            base_url=URL,
            max_retries=0,
            timeout=httpx2.Timeout(10, connect=3),
            http_client=httpx2.Client(transport=httpx2.MockTransport(respond)),
        )

    return OpenAIApi(client, base_url=URL)
