"""Runs of kind `thread`: runs of the Assistants API, on servers that still have it.

OpenAI closed its own endpoint on 2026-08-26. No webhook ever told of these runs, so they are polled. The
provider's id is that of the thread, a slash, and that of its run: both are needed to ask for it.
"""

from collections.abc import Sequence
from typing import Any

from contracts.errors import AnswerLostError, ProviderBusyError, ProviderRefusedError, TooEarlyError
from contracts.marks import RUN_MARK
from contracts.records import Run

from functions.worker.core.names import is_usable_id
from functions.worker.core.observation import TurnSeen
from functions.worker.providers.api import LOST, OpenAIApi, part
from functions.worker.providers.marks import marked
from functions.worker.providers.plain_json import Object, object_in, text_in
from functions.worker.providers.provider import Submission
from functions.worker.providers.responses import function_tool
from functions.worker.providers.thread_run_object import last_words, thread_run_seen

BETA = "assistants=v2"


class Threads:
    """Drives runs on threads."""

    can_list = True

    def __init__(self, api: OpenAIApi) -> None:
        self._api = api
        self.gate = api.base_url

    def prepare(self, submission: Submission) -> str | None:
        """Create the thread, and keep its id: by it a run is found again whose create's answer was lost."""
        request = submission.body
        if submission.run.provider_id is not None:
            return None
        if thread_id := text_in(request.get("thread_id")):
            if not is_usable_id(thread_id):
                raise ProviderRefusedError("unusable_id", "The request names a thread by what can be no id.")
            return thread_id
        thread = object_in(request.get("thread"))
        metadata = {**object_in(thread.get("metadata")), RUN_MARK: submission.run.run_id}
        try:
            return str(self._api.create("/threads", {**thread, "metadata": metadata})["id"])
        except AnswerLostError as error:  # a thread without a run does nothing
            raise ProviderBusyError.after(error) from error

    def submit(self, submission: Submission) -> str:
        """Create the run, or give it the outputs that it asked for, all at once."""
        thread_id, run_id = _ids(submission.run.provider_id or "")
        if submission.turn > 1:
            self._submit_outputs(submission, thread_id, run_id)
            return f"{thread_id}/{run_id}"
        is_ours = not text_in(submission.request.get("thread_id"))
        path = f"/threads/{part(thread_id)}/runs"
        try:
            run = self._api.create(path, create_body(submission), names_ours=is_ours)
        except AnswerLostError as error:  # a thread has one active run: it is found, or made, by the next try
            raise ProviderBusyError.after(error) from error
        return f"{thread_id}/{run['id']}"

    def find(self, run: Run, *, by_older_marks: bool = False) -> Sequence[str]:
        """Find the runs among those of the thread, by their metadata."""
        thread_id, _ = _ids(run.provider_id or "")
        if not thread_id:
            return ()
        every = self._api.all(f"/threads/{part(thread_id)}/runs")
        ids = (text_in(each.get("id")) for each in marked(every, run, by_older_marks=by_older_marks))
        return [f"{thread_id}/{each}" for each in ids if is_usable_id(each)]

    def look(self, provider_id: str, _says: str | None = None) -> TurnSeen:
        """Retrieve a run, and what it said if it is over."""
        thread_id, run_id = _ids(provider_id)
        run = self._run(thread_id, run_id)
        seen = thread_run_seen(run, provider_id)
        if seen.status not in ("completed", "incomplete"):
            return seen
        messages = self._api.all(f"/threads/{part(thread_id)}/messages", order="desc", run_id=run_id)
        return last_words(seen, messages)

    def cancel(self, provider_id: str) -> None:
        """Cancel a run, which takes a moment; one that is over refuses."""
        thread_id, run_id = _ids(provider_id)
        self._api.post(f"/threads/{part(thread_id)}/runs/{part(run_id)}/cancel", {})

    def delete(self, provider_id: str, run_id: str) -> None:
        """Delete the thread, with all runs on it, if it was made for our run and is not a caller's own."""
        path = f"/threads/{part(_ids(provider_id)[0])}"
        if object_in(self._api.get(path).get("metadata")).get(RUN_MARK) == run_id:
            self._api.delete(path)

    def _run(self, thread_id: str, run_id: str) -> Object:
        run = self._api.get(f"/threads/{part(thread_id)}/runs/{part(run_id)}")
        if not text_in(run.get("id")) or not text_in(run.get("status")):
            raise ProviderBusyError(LOST)
        return run

    def _submit_outputs(self, submission: Submission, thread_id: str, run_id: str) -> None:
        outputs = [{"tool_call_id": answer.call_id, "output": answer.text} for answer in submission.answers]
        path = f"/threads/{part(thread_id)}/runs/{part(run_id)}/submit_tool_outputs"
        try:
            self._api.post(path, {"tool_outputs": outputs})
        except AnswerLostError as error:
            raise ProviderBusyError.after(error) from error
        except ProviderRefusedError as error:
            # It has them already, if an earlier answer was lost, and may ask for more by now.
            asked = thread_run_seen(self._run(thread_id, run_id), f"{thread_id}/{run_id}").calls
            if {call.call_id for call in asked} & {answer.call_id for answer in submission.answers}:
                raise TooEarlyError(error.code, error.message) from error


def create_body(submission: Submission) -> dict[str, Any]:
    """Build the body of a run's create: the request's, without its thread."""
    request = {key: value for key, value in submission.body.items() if key not in ("thread", "thread_id")}
    body = {**request, "metadata": submission.metadata}
    if submission.offered:
        offered = [_function_tool(function_tool(entry)) for entry in submission.offered]
        body["tools"] = [*(request.get("tools") or ()), *offered]
    return body


def _function_tool(tool: dict[str, Any]) -> dict[str, Any]:
    """Write a tool as the Assistants API wants it: the function in an object of its own."""
    return {"type": "function", "function": {key: value for key, value in tool.items() if key != "type"}}


def _ids(provider_id: str) -> tuple[str, str]:
    thread_id, _, run_id = provider_id.partition("/")
    return thread_id, run_id
