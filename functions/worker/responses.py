"""Runs of kind `response`: background Responses.

Each turn is a Response. One that calls functions ends `completed` with `function_call` items, and is answered
by creating the next Response.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import openai
from runrelay.catalog import CatalogEntry
from runrelay.errors import AnswerLostError, NotKnownError, ProviderBusyError, ProviderRefusedError

from functions.worker.core.observation import TurnSeen
from functions.worker.openai_errors import translate
from functions.worker.provider import Submission
from functions.worker.response_object import turn_seen


class Responses:
    """Drives turns that are background Responses."""

    def __init__(self, client: Callable[[], openai.OpenAI]) -> None:
        self._client = client

    def submit(self, submission: Submission) -> str:
        """Create the turn's Response."""
        try:
            answer = self._client().responses.with_raw_response.create(extra_body=create_body(submission))
        except openai.APIError as error:
            translated = translate(error)
            if isinstance(translated, NotKnownError):  # a model, a conversation, a file: not the run
                translated = ProviderRefusedError(
                    getattr(error, "code", None) or "not_found", str(translated)
                )
            raise translated from error
        body = _object_in(answer)
        if not isinstance(body.get("id"), str):
            raise AnswerLostError("the provider's answer cannot be read")
        return str(body["id"])

    def look(self, provider_id: str) -> TurnSeen:
        """Retrieve a Response."""
        try:
            answer = self._client().responses.with_raw_response.retrieve(provider_id)
        except openai.APIError as error:
            translated = translate(error)
            if isinstance(translated, AnswerLostError):
                translated = ProviderBusyError(str(translated))
            raise translated from error
        body = _object_in(answer)
        if not isinstance(body.get("id"), str) or not isinstance(body.get("status"), str):
            raise ProviderBusyError("the provider's answer cannot be read")
        return turn_seen(body)

    def cancel(self, provider_id: str) -> None:
        """Cancel a background Response; twice is once."""
        try:
            self._client().responses.with_raw_response.cancel(provider_id)
        except openai.APIError as error:
            raise translate(error) from error


def _object_in(answer: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the SDK's raw response wrapper
    """Read an answer's JSON object; a proxy's page, or half of one, reads as an empty object."""
    try:
        body = json.loads(answer.http_response.content)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def create_body(submission: Submission) -> dict[str, Any]:
    """Build the body of a turn's create.

    Only the input differs from turn to turn: instructions, tools and the rest are not carried over by
    `previous_response_id`, so all of it is sent again. A tool choice that forces a call is for the first turn
    alone, or the model could never answer.
    """
    run, request = submission.run, submission.request
    body = {
        **request,
        "background": True,
        "store": True,
        "metadata": {**run.metadata, "run_id": run.run_id, "turn": str(submission.turn)},
    }
    tools = [*request.get("tools", ()), *map(function_tool, submission.offered)]
    if tools:
        body["tools"] = tools
    if submission.turn == 1:
        return body
    if _forces_a_call(body.get("tool_choice", "auto")):
        del body["tool_choice"]
    if "conversation" not in request:
        body["previous_response_id"] = run.provider_id
    body["input"] = [
        {"type": "function_call_output", "call_id": output.call_id, "output": output.output}
        for output in submission.outputs
    ]
    return body


def _forces_a_call(tool_choice: Any) -> bool:  # noqa: ANN401 - a word or an object, see the API reference
    """Say whether the model must call a tool; a choice among allowed tools may leave it free."""
    if isinstance(tool_choice, dict) and tool_choice.get("type") == "allowed_tools":
        return tool_choice.get("mode") == "required"
    return tool_choice not in ("auto", "none")


def function_tool(entry: CatalogEntry) -> dict[str, Any]:
    """Offer a tool of the catalog."""
    return {
        "type": "function",
        "name": entry.name,
        "description": entry.description,
        "parameters": entry.parameters,
        "strict": True,
    }
