"""Runs of kind `response`: background Responses.

Each turn is a Response. One that calls functions ends `completed` with `function_call` items, and is answered
by creating the next Response. Objects are read as plain JSON: the SDK's classes take an unknown type for the
first member of their union.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any

import openai
from runrelay.catalog import CatalogEntry
from runrelay.errors import AnswerLostError, NotKnownError, ProviderBusyError, ProviderRefusedError
from runrelay.records import Failure

from functions.worker.core.observation import RequestedCall, TurnSeen
from functions.worker.openai_errors import translate
from functions.worker.provider import Submission

_WITHOUT_ANSWER = frozenset(
    {
        "additional_tools",
        "code_interpreter_call",
        "compaction",
        "file_search_call",
        "image_generation_call",
        "mcp_approval_response",
        "mcp_call",
        "mcp_list_tools",
        "message",
        "program",
        "program_output",
        "reasoning",
        "tool_search_output",
        "web_search_call",
    }
)
"""Items that ask nothing of us; from the SDK's ResponseOutputItem."""


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
        return str(_json(answer)["id"])

    def look(self, provider_id: str) -> TurnSeen:
        """Retrieve a Response."""
        try:
            answer = self._client().responses.with_raw_response.retrieve(provider_id)
        except openai.APIError as error:
            translated = translate(error)
            if isinstance(translated, AnswerLostError):
                translated = ProviderBusyError(str(translated))
            raise translated from error
        return turn_seen(_json(answer))

    def cancel(self, provider_id: str) -> None:
        """Cancel a background Response; twice is once."""
        try:
            self._client().responses.with_raw_response.cancel(provider_id)
        except openai.APIError as error:
            raise translate(error) from error


def _json(answer: Any) -> Mapping[str, Any]:  # noqa: ANN401 - the SDK's raw response wrapper
    body: Mapping[str, Any] = json.loads(answer.http_response.content)
    return body


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


def turn_seen(response: Mapping[str, Any]) -> TurnSeen:
    """Read a Response object as a turn."""
    output = response.get("output") or []
    turn = (response.get("metadata") or {}).get("turn", "")
    return TurnSeen(
        provider_id=response["id"],
        status=response["status"],
        calls=tuple(
            RequestedCall(item["call_id"], item["name"], item["arguments"])
            for item in output
            if item["type"] == "function_call"
        ),
        unanswerable=tuple(_unanswerable(output)),
        output_text=_output_text(output),
        usage=response.get("usage"),
        error=_failure(response),
        run_turn=int(turn) if turn.isdecimal() else None,
        body=response,
    )


def _unanswerable(output: list[Mapping[str, Any]]) -> list[str]:
    """List the types of items that wait for an answer we cannot give, or that nobody here knows.

    A call that OpenAI answered itself (a hosted shell, say) has its output in the same list.
    """
    return [
        item["type"]
        for item in output
        if item["type"] not in _WITHOUT_ANSWER
        and item["type"] != "function_call"
        and not item["type"].endswith("_call_output")
        and not _is_answered(item, output)
    ]


def _is_answered(item: Mapping[str, Any], output: list[Mapping[str, Any]]) -> bool:
    return any(
        other["type"] == f"{item['type']}_output" and other.get("call_id") == item.get("call_id")
        for other in output
    )


def _output_text(output: list[Mapping[str, Any]]) -> str:
    """Join the text of the messages, as the SDK's `output_text` does."""
    return "".join(
        part["text"]
        for item in output
        if item["type"] == "message"
        for part in item.get("content") or []
        if part["type"] == "output_text"
    )


def _failure(response: Mapping[str, Any]) -> Failure | None:
    if error := response.get("error"):
        return Failure(error.get("code") or "unknown", error.get("message") or "")
    if details := response.get("incomplete_details"):
        return Failure(details.get("reason") or "unknown", "The turn was cut short.")
    return None
