"""What the model does: turns written down in advance, or made up from the tools it is offered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulator.scenarios.example_arguments import example_arguments
from simulator.scenarios.turn import KNOWN_TURN_FIELDS, Call, Turn, read_turn
from simulator.wire.bodies import Fields, JsonObject


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
        turns = tuple(read_turn(each) for each in fields.children("turns", known=KNOWN_TURN_FIELDS))
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

        Metadata is the caller's own: a `scenario` in it that was never put is no scenario.
        """
        turns = self._turns.get(metadata.get("scenario", ""))
        if turns is None:
            return made_up_turn(turns_before, tools, is_parallel=is_parallel)
        return turns[turns_before] if turns_before < len(turns) else AFTER_THE_LAST


def made_up_turn(turns_before: int, tools: Sequence[OfferedTool], *, is_parallel: bool) -> Turn:
    """Call each tool once, all at once or one a turn, then answer."""
    due = (tools if turns_before == 0 else ()) if is_parallel else tools[turns_before : turns_before + 1]
    if not due:
        return AFTER_THE_LAST
    return Turn(calls=tuple(Call(tool.name, example_arguments(tool.parameters)) for tool in due))
