"""What the model does: turns written down in advance, or made up from the tools it is offered."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.bodies import Fields, JsonObject
from simulator.errors import invalid
from simulator.example_arguments import example_arguments

KNOWN_TURN_FIELDS = ("seconds", "calls", "text", "approvals", "fail", "incomplete", "never", "items")
INCOMPLETE_REASONS = ("max_output_tokens", "max_messages", "content_filter", "steered")
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
class Approval:
    server_label: str
    name: str
    arguments_text: str


@dataclass(frozen=True)
class Failure:
    code: str
    message: str


@dataclass(frozen=True)
class Turn:
    """One stretch of the model's work.

    Attributes:
        seconds: How long it takes.
        items: Output items appended as they are.
        is_endless: It goes on until somebody cancels it.
    """

    seconds: float = DEFAULT_SECONDS
    calls: tuple[Call, ...] = ()
    text: str | None = None
    approvals: tuple[Approval, ...] = ()
    items: tuple[JsonObject, ...] = ()
    failure: Failure | None = None
    incomplete_reason: str | None = None
    is_endless: bool = False


@dataclass(frozen=True)
class OfferedTool:
    """A function tool as the request describes it, whatever the API."""

    name: str
    parameters: JsonObject | None


AFTER_THE_LAST = Turn(text="done")


class Scenarios:
    """The scenarios by name."""

    def __init__(self) -> None:
        self._turns: dict[str, tuple[Turn, ...]] = {}

    @property
    def names(self) -> list[str]:
        return sorted(self._turns)

    def put(self, name: str, body: JsonObject) -> int:
        """Keep a scenario and count its turns.

        Raises:
            ApiError: The scenario is malformed; the error names the field.
        """
        fields = Fields(body, known=("turns",))
        if "turns" not in body:
            raise fields.refuse("turns", "must be a list of turns")
        turns = tuple(_turn(each) for each in fields.children("turns", known=KNOWN_TURN_FIELDS))
        self._turns[name] = turns
        return len(turns)

    def clear(self) -> None:
        self._turns.clear()

    def next_turn(
        self,
        metadata: Mapping[str, Any],
        turns_before: int,
        tools: Sequence[OfferedTool],
        *,
        is_parallel: bool = True,
    ) -> Turn:
        """Decide what the model does next in a run.

        Raises:
            ApiError: `metadata.scenario` names a scenario that was never put.
        """
        name = metadata.get("scenario")
        if name is None:
            return made_up_turn(turns_before, tools, is_parallel=is_parallel)
        if name not in self._turns:
            raise invalid("metadata.scenario", f"The simulator has no scenario named '{name}'.")
        turns = self._turns[name]
        return turns[turns_before] if turns_before < len(turns) else AFTER_THE_LAST


def made_up_turn(turns_before: int, tools: Sequence[OfferedTool], *, is_parallel: bool) -> Turn:
    """Call each tool once, all at once or one a turn, then answer."""
    due = (tools if turns_before == 0 else ()) if is_parallel else tools[turns_before : turns_before + 1]
    if not due:
        return AFTER_THE_LAST
    return Turn(calls=tuple(Call(tool.name, example_arguments(tool.parameters)) for tool in due))


def _turn(fields: Fields) -> Turn:
    return Turn(
        seconds=fields.number("seconds", DEFAULT_SECONDS),
        calls=tuple(_call(each) for each in fields.children("calls", known=("name", "arguments", "call_id"))),
        text=fields.optional_text("text"),
        approvals=tuple(
            _approval(each)
            for each in fields.children("approvals", known=("server_label", "name", "arguments"))
        ),
        items=tuple(_item(each) for each in fields.children("items")),
        failure=_failure(fields),
        incomplete_reason=_incomplete_reason(fields),
        is_endless=fields.flag("never"),
    )


def _call(fields: Fields) -> Call:
    return Call(fields.text("name"), _arguments(fields), fields.optional_text("call_id"))


def _approval(fields: Fields) -> Approval:
    arguments = _arguments(fields)
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    return Approval(fields.text("server_label"), fields.text("name"), text)


def _arguments(fields: Fields) -> JsonObject | str:
    arguments = fields.body.get("arguments", {})
    if not isinstance(arguments, dict | str):
        raise fields.refuse("arguments", "must be an object, or a string that is passed as it is")
    return arguments


def _item(fields: Fields) -> JsonObject:
    fields.text("type")
    return fields.body


def _failure(fields: Fields) -> Failure | None:
    if "fail" not in fields.body:
        return None
    failure = fields.child("fail", known=("code", "message"))
    return Failure(failure.text("code"), failure.text("message"))


def _incomplete_reason(fields: Fields) -> str | None:
    reason = fields.optional_text("incomplete")
    if reason is not None and reason not in INCOMPLETE_REASONS:
        raise fields.refuse("incomplete", f"must be one of {', '.join(INCOMPLETE_REASONS)}")
    return reason
