"""Runs of kind `response`: background Responses.

Each turn is a Response. One that calls functions ends `completed` with `function_call` items, and is answered
by creating the next Response.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from contracts.catalog import CatalogEntry
from contracts.errors import ProviderBusyError
from contracts.records import Run

from functions.worker.core.observation import TurnSeen
from functions.worker.providers.api import LOST, OpenAIApi, part
from functions.worker.providers.plain_json import text_in
from functions.worker.providers.provider import CallAnswer, Submission
from functions.worker.providers.response_object import turn_seen


class Responses:
    """Drives turns that are background Responses."""

    can_list = False

    def __init__(self, api: OpenAIApi) -> None:
        self._api = api
        self.gate = api.base_url

    def prepare(self, _submission: Submission) -> None:
        """Prepare nothing: a Response needs nothing before it."""

    def submit(self, submission: Submission) -> str:
        """Create the turn's Response."""
        body = create_body(submission)
        return str(self._api.create("/responses", body, names_ours=submission.turn > 1)["id"])

    def find(self, _run: Run, *, by_older_marks: bool = False) -> Sequence[str]:  # noqa: ARG002
        """Find nothing: there is no way to list Responses."""
        return ()

    def look(self, provider_id: str, _says: str | None = None) -> TurnSeen:
        """Retrieve a Response."""
        body = self._api.get(f"/responses/{part(provider_id)}")
        if not text_in(body.get("id")) or not text_in(body.get("status")):
            raise ProviderBusyError(LOST)
        return replace(turn_seen(body), provider_id=provider_id)

    def cancel(self, provider_id: str) -> None:
        """Cancel a background Response; twice is once."""
        self._api.post(f"/responses/{part(provider_id)}/cancel", {})

    def delete(self, provider_id: str, _run_id: str) -> None:
        """Delete a Response; of a conversation that it was in, its items stay there."""
        self._api.delete(f"/responses/{part(provider_id)}")


def create_body(submission: Submission) -> dict[str, Any]:
    """Build the body of a turn's create.

    Only the input differs from turn to turn: instructions, tools and the rest are not carried over by
    `previous_response_id`, so all of it is sent again. A tool choice that forces a call is for the first turn
    alone, or the model could never answer.
    """
    run, request = submission.run, submission.body
    body = {**request, "background": True, "store": True, "metadata": submission.metadata}
    tools = [*request.get("tools", ()), *map(function_tool, submission.offered)]
    if tools:
        body["tools"] = tools
    if submission.turn == 1:
        return body
    if _forces_a_call(body.get("tool_choice", "auto")):
        del body["tool_choice"]
    if "conversation" not in request:
        body["previous_response_id"] = run.provider_id
    body["input"] = [_input_item(answer) for answer in submission.answers]
    return body


def _input_item(answer: CallAnswer) -> Mapping[str, Any]:
    if answer.type == "function_call":
        output = answer.text if answer.parts is None else answer.parts
        caller = {"caller": answer.caller} if answer.caller else {}
        return {"type": "function_call_output", "call_id": answer.call_id, "output": output, **caller}
    decided = {"approval_request_id": answer.call_id, "approve": answer.is_success}
    reason = {"reason": answer.reason} if answer.reason else {}
    return {"type": "mcp_approval_response", **decided, **reason}


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
