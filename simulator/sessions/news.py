"""What happens in a session, told to webhook endpoints and to open event streams."""

from dataclasses import dataclass

from simulator.sessions.environment import told_by_webhook
from simulator.sessions.state import SessionTurn, StoredSession, Subagent
from simulator.webhooks.delivery import Deliveries
from simulator.wire.bodies import JsonObject, objects_in
from simulator.wire.event_lines import event_line
from simulator.wire.identifiers import new_id
from simulator.wire.pieces import words

# The one state whose webhook has a name of its own; the stream calls it `agent.session.requires_action`.
ACTION_REQUIRED = "agent.session.action_required"


@dataclass(frozen=True)
class Growing:
    """The parts of an item whose text comes in pieces, and what their events are called."""

    key: str
    index: str
    part: str
    text: str


TURN = "agent.session.turn"
GROWING = (
    Growing("content", "content_index", f"{TURN}.content_part", f"{TURN}.output_text"),
    Growing("summary", "summary_index", f"{TURN}.reasoning_summary_part", f"{TURN}.reasoning_summary_text"),
)


class SessionNews:
    def __init__(self, deliveries: Deliveries) -> None:
        self._deliveries = deliveries

    def created(self, session: StoredSession) -> None:
        environment = session.body["environment"]
        data: JsonObject = {"id": session.id} | told_by_webhook(environment)
        if "remote_url" in environment:
            data["connect"] = {"remote_url": environment["remote_url"]}
        self._deliveries.announce("agent.session.created", data)
        _stream(session, "agent.session.created", {"session": session.body})

    def entered(self, session: StoredSession) -> None:
        """Tell the state that the session has just entered."""
        kind = f"agent.session.{session.body['status']}"
        if session.pending:
            # The webhook is thin: it names the kind of one action, however many there are.
            data: JsonObject = {"required_action": {"type": session.pending[0]["type"]}}
            self._deliveries.announce(ACTION_REQUIRED, {"id": session.id} | data)
        else:
            data = told_by_webhook(session.body["environment"])
            self._deliveries.announce(kind, {"id": session.id} | data)
        _stream(session, kind, {"session": session.body})

    def turned(self, session: StoredSession, turn: SessionTurn, what: str) -> None:
        """Tell what became of a turn, to streams alone: no webhook says it."""
        told = {"session_id": session.id, "turn_id": turn.id, "turn": turn.body}
        if what in ("completed", "failed", "cancelled"):
            told["usage"] = turn.body["usage"]
        _stream(session, f"agent.session.turn.{what}", told)

    def subagent(self, session: StoredSession, subagent: Subagent) -> None:
        """Tell that a subagent was opened, or closed, to streams alone."""
        what = "closed" if subagent.body["status"] == "closed" else "created"
        _stream(session, f"agent.session.subagent.{what}", {"subagent": subagent.body})

    def item(self, session: StoredSession, item: JsonObject) -> None:
        """Tell a new item: added, and, if it is the whole of something the agent says, done."""
        told: JsonObject = {"session_id": session.id, "turn_id": item.get("turn_id")}
        is_input = item.get("role") == "user" or item["type"].endswith(("_output", "_result"))
        if not is_input:
            told["output_index"] = session.items_of(str(item.get("turn_id"))).index(item)
        _stream(session, "agent.session.turn.item.added", told | {"item": item})
        for growing in GROWING if not is_input else ():
            for at, part in enumerate(objects_in(item.get(growing.key))):
                here = told | {"item_id": item["id"], growing.index: at}
                _stream_text(session, growing, part, here)
        if not is_input and item.get("status") != "in_progress":
            self.item_done(session, item)

    def item_done(self, session: StoredSession, item: JsonObject) -> None:
        index = session.items_of(str(item.get("turn_id"))).index(item)
        told = {"session_id": session.id, "turn_id": item.get("turn_id"), "output_index": index}
        _stream(session, "agent.session.turn.item.done", told | {"item": item})


def _stream_text(session: StoredSession, growing: Growing, part: JsonObject, told: JsonObject) -> None:
    """Tell a part with its text, word by word."""
    text = str(part.get("text", ""))
    _stream(session, f"{growing.part}.added", told | {"part": part | {"text": ""}})
    for piece in words(text):
        _stream(session, f"{growing.text}.delta", told | {"delta": piece})
    _stream(session, f"{growing.text}.done", told | {"text": text})
    _stream(session, f"{growing.part}.done", told | {"part": part})


def _stream(session: StoredSession, kind: str, told: JsonObject) -> None:
    """Send an event to those who listen now; nothing is replayed to those who come later."""
    event = {"type": kind, "event_id": new_id("event")} | told
    for listener in session.listeners:
        listener.put_nowait(event_line(kind, event))
