"""The Assistants API: threads, and the messages in them."""

import time
from dataclasses import dataclass, field

from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError, invalid, missing_parameter
from simulator.wire.identifiers import new_id
from simulator.wire.metadata import checked_metadata


@dataclass
class StoredThread:
    """A thread.

    Attributes:
        active_run: The id of the run that has not ended; it locks the thread.
    """

    body: JsonObject
    messages: list[JsonObject] = field(default_factory=list)
    active_run: str | None = None

    @property
    def id(self) -> str:
        return str(self.body["id"])

    def add_message(self, asked: object, where: str = "") -> JsonObject:
        """Add a message from a request.

        Raises:
            ApiError: It is malformed.
        """
        message = new_message(self.id, asked, where)
        self.messages.append(message)
        return message

    def begin_answer(self, run: JsonObject) -> JsonObject:
        """Add the message in which the model begins to say something in a run."""
        of_run = {"assistant_id": run["assistant_id"], "run_id": run["id"], "status": "in_progress"}
        message = _message(self.id, "assistant", []) | of_run
        self.messages.append(message)
        return message

    def modify(self, request: JsonObject) -> JsonObject:
        """Change what the request names, all of it or nothing."""
        changes = {"metadata": checked_metadata(request)} if "metadata" in request else {}
        if "tool_resources" in request:
            changes["tool_resources"] = request["tool_resources"] or {}
        self.body.update(changes)
        return self.body


class Threads:
    def __init__(self) -> None:
        self._threads: dict[str, StoredThread] = {}

    def create(self, request: JsonObject) -> StoredThread:
        thread = StoredThread(
            {
                "id": new_id("thread"),
                "object": "thread",
                "created_at": int(time.time()),
                "metadata": checked_metadata(request),
                "tool_resources": request.get("tool_resources") or {},
            }
        )
        for at, message in enumerate(request.get("messages") or []):
            thread.add_message(message, f"messages[{at}]")
        self._threads[thread.id] = thread
        return thread

    def get(self, thread_id: str) -> StoredThread:
        if thread_id not in self._threads:
            raise ApiError(404, f"No thread found with id '{thread_id}'.")
        return self._threads[thread_id]

    def get_message(self, thread_id: str, message_id: str) -> JsonObject:
        messages = self.get(thread_id).messages
        message = next((each for each in messages if each["id"] == message_id), None)
        if message is None:
            raise ApiError(404, f"No message found with id '{message_id}'.")
        return message

    def modify_message(self, thread_id: str, message_id: str, request: JsonObject) -> JsonObject:
        """Change the metadata, which is all that can be changed."""
        message = self.get_message(thread_id, message_id)
        if "metadata" in request:
            message["metadata"] = checked_metadata(request)
        return message

    def delete_message(self, thread_id: str, message_id: str) -> JsonObject:
        self.get(thread_id).messages.remove(self.get_message(thread_id, message_id))
        return {"id": message_id, "object": "thread.message.deleted", "deleted": True}

    def add_message(self, thread_id: str, request: JsonObject) -> JsonObject:
        """Add a message from a client, who has to wait for the end of a run.

        Raises:
            ApiError: It is malformed, or the thread is locked.
        """
        thread = self.get(thread_id)
        if thread.active_run:
            raise invalid(
                None, f"Can't add messages to {thread_id} while a run {thread.active_run} is active."
            )
        return thread.add_message(request)

    def delete(self, thread_id: str) -> JsonObject:
        del self._threads[self.get(thread_id).id]
        return {"id": thread_id, "object": "thread.deleted", "deleted": True}

    def clear(self) -> None:
        self._threads.clear()


def new_message(thread_id: str, asked: object, where: str) -> JsonObject:
    prefix = f"{where}." if where else ""
    if not isinstance(asked, dict) or asked.get("role") not in ("user", "assistant"):
        raise invalid(f"{prefix}role", f"'{prefix}role' must be 'user' or 'assistant'.")
    content = asked.get("content")
    if not isinstance(content, str | list) or not content:
        raise missing_parameter(f"{prefix}content")
    if isinstance(content, list) and not all(isinstance(part, dict) for part in content):
        raise invalid(f"{prefix}content", f"'{prefix}content' must be a string or a list of objects.")
    parts = [_text(content)] if isinstance(content, str) else [_part(part) for part in content]
    return _message(thread_id, asked["role"], parts) | {"metadata": checked_metadata(asked)}


def add_text(message: JsonObject, piece: str) -> None:
    """Add a piece to the text of a message that is being written."""
    message["content"] = message["content"] or [_text("")]
    message["content"][0]["text"]["value"] += piece


def end_message(message: JsonObject, *, cut_by: str | None) -> None:
    """End a message that was being written: it is whole unless something has cut it."""
    status = "incomplete" if cut_by else "completed"
    message |= {"status": status, f"{status}_at": int(time.time())}
    message["incomplete_details"] = {"reason": cut_by} if cut_by else None


def _message(thread_id: str, role: str, content: list[JsonObject]) -> JsonObject:
    return {
        "id": new_id("msg"),
        "object": "thread.message",
        "created_at": int(time.time()),
        "thread_id": thread_id,
        "role": role,
        "content": content,
        "status": "completed",
        "assistant_id": None,
        "run_id": None,
        "attachments": [],
        "metadata": {},
        "completed_at": None,
        "incomplete_at": None,
        "incomplete_details": None,
    }


def _part(part: JsonObject) -> JsonObject:
    """Make a content part as it is told; text is given bare and told with its annotations."""
    is_bare = part.get("type") == "text" and isinstance(part.get("text"), str)
    return _text(part["text"]) if is_bare else part


def _text(text: str) -> JsonObject:
    return {"type": "text", "text": {"value": text, "annotations": []}}
