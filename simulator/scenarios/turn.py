"""One turn of a scenario: what the model does in it, and how it is written down."""

import json
from dataclasses import dataclass

from simulator.wire.bodies import Fields, JsonObject

KNOWN_TURN_FIELDS = (
    "seconds", "text", "calls", "approvals", "items", "subagents", "artifacts",
    "fail", "incomplete", "expired", "expires_in", "never",
)  # fmt: skip
INCOMPLETE_REASONS = (
    "max_output_tokens", "max_messages", "content_filter", "steered",
    "max_completion_tokens", "max_prompt_tokens",
)  # fmt: skip
DEFAULT_SECONDS = 0.05


@dataclass(frozen=True)
class Call:
    """One function call.

    Attributes:
        arguments: A string goes to the client as it is, so that broken JSON is possible.
        call_id: None for a new one each time.
    """

    name: str
    arguments: JsonObject | str
    call_id: str | None = None

    @property
    def arguments_text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class McpApproval:
    """A tool call on an MCP server that waits for a yes."""

    server_label: str
    name: str
    arguments: JsonObject | str

    @property
    def arguments_text(self) -> str:
        return self.arguments if isinstance(self.arguments, str) else json.dumps(self.arguments)


@dataclass(frozen=True)
class OriginAccess:
    """A web site that the browser may not open yet; sessions only."""

    origin: str
    reason: str | None


@dataclass(frozen=True)
class BrowserLogin:
    """A login form that somebody has to fill in; sessions only."""

    credential_origin: str
    fields: tuple[JsonObject, ...]
    reason: str | None


@dataclass(frozen=True)
class EnvironmentConnection:
    """A disconnected environment; sessions only.

    Attributes:
        seconds: When it connects by itself; None is never.
    """

    environment_id: str
    seconds: float | None


@dataclass(frozen=True)
class UnknownRequest:
    """A required action of a kind that nobody knows yet, passed as it is; sessions only."""

    body: JsonObject


@dataclass(frozen=True)
class PublishedFile:
    """A file that is kept when the environment of a session is gone; hosted sessions only."""

    path: str
    text: str


type Approval = McpApproval | OriginAccess | BrowserLogin | EnvironmentConnection | UnknownRequest


@dataclass(frozen=True)
class Failure:
    """A failure.

    Attributes:
        is_of_session: It takes the whole session with it, and not the turn alone.
    """

    code: str
    message: str
    is_of_session: bool = False


@dataclass(frozen=True)
class Turn:
    """One stretch of the model's work.

    Attributes:
        seconds: How long it takes.
        items: Output items appended as they are.
        subagents: How many subagents take a turn of their own meanwhile; sessions only.
        artifacts: What the turn publishes if it is completed; sessions with a hosted environment only.
        is_expired: It ends as a run does that ran out of time; thread runs only.
        expires_in: The seconds after which its run expires; thread runs only.
        is_endless: It goes on until somebody cancels it.
    """

    seconds: float = DEFAULT_SECONDS
    calls: tuple[Call, ...] = ()
    text: str | None = None
    approvals: tuple[Approval, ...] = ()
    items: tuple[JsonObject, ...] = ()
    subagents: int = 0
    artifacts: tuple[PublishedFile, ...] = ()
    failure: Failure | None = None
    incomplete_reason: str | None = None
    is_expired: bool = False
    expires_in: float | None = None
    is_endless: bool = False


def read_turn(fields: Fields) -> Turn:
    """Read one turn.

    Raises:
        ApiError: It is malformed; the error names the field.
    """
    return Turn(
        seconds=fields.number("seconds", DEFAULT_SECONDS),
        calls=tuple(_call(each) for each in fields.children("calls", known=("name", "arguments", "call_id"))),
        text=fields.optional_text("text"),
        approvals=tuple(_approval(each) for each in fields.children("approvals")),
        items=tuple(_item(each) for each in fields.children("items")),
        subagents=fields.whole("subagents") if "subagents" in fields.body else 0,
        artifacts=tuple(_file(each) for each in fields.children("artifacts", known=("path", "text"))),
        failure=_failure(fields),
        incomplete_reason=_incomplete_reason(fields),
        is_expired=fields.flag("expired"),
        expires_in=fields.number("expires_in", 0) if "expires_in" in fields.body else None,
        is_endless=fields.flag("never"),
    )


def _call(fields: Fields) -> Call:
    return Call(fields.text("name"), _arguments(fields), fields.optional_text("call_id"))


def _approval(fields: Fields) -> Approval:
    """Tell the kinds of approval apart by the field that each has alone."""
    given = fields.body
    if "type" in given:
        return UnknownRequest(_item(fields))
    if "origin" in given:
        fields.only("origin", "reason")
        return OriginAccess(fields.text("origin"), fields.optional_text("reason"))
    if "credential_origin" in given:
        fields.only("credential_origin", "fields", "reason")
        controls = tuple(_control(each) for each in fields.children("fields"))
        return BrowserLogin(fields.text("credential_origin"), controls, fields.optional_text("reason"))
    if "environment_id" in given:
        fields.only("environment_id", "seconds")
        seconds = fields.number("seconds", 0) if "seconds" in given else None
        return EnvironmentConnection(fields.text("environment_id"), seconds)
    fields.only("server_label", "name", "arguments")
    return McpApproval(fields.text("server_label"), fields.text("name"), _arguments(fields))


def _control(fields: Fields) -> JsonObject:
    """Read a control of a login form, of which only the id must be given."""
    control_id = fields.text("id")
    return {"label": control_id, "required": True, "type": "text"} | fields.body


def _arguments(fields: Fields) -> JsonObject | str:
    arguments = fields.body.get("arguments", {})
    if not isinstance(arguments, dict | str):
        raise fields.refuse("arguments", "must be an object, or a string that is passed as it is")
    return arguments


def _item(fields: Fields) -> JsonObject:
    fields.text("type")
    return fields.body


def _file(fields: Fields) -> PublishedFile:
    path = fields.text("path")
    if not path.startswith("/"):
        raise fields.refuse("path", "must be an absolute path")
    return PublishedFile(path, fields.text("text"))


def _failure(fields: Fields) -> Failure | None:
    if "fail" not in fields.body:
        return None
    failure = fields.child("fail", known=("code", "message", "session"))
    return Failure(failure.text("code"), failure.text("message"), is_of_session=failure.flag("session"))


def _incomplete_reason(fields: Fields) -> str | None:
    reason = fields.optional_text("incomplete")
    if reason is not None and reason not in INCOMPLETE_REASONS:
        raise fields.refuse("incomplete", f"must be one of {', '.join(INCOMPLETE_REASONS)}")
    return reason
