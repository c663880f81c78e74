"""What there is of an output that stops in the midst of it."""

from collections.abc import Sequence
from copy import deepcopy

from simulator.responses.hosted_tools import COMMANDS
from simulator.responses.output_events import ADDED, DONE
from simulator.responses.texts import ANNOTATION_ADDED, PARTS, TEXTS
from simulator.wire.bodies import JsonObject

CLOSING = (".done", ".completed", ".failed")
# What an item that stopped says of itself where it cannot say that it is incomplete, by its type.
STOPPED = {
    "image_generation_call": "failed",
    "apply_patch_call": "in_progress",
    "apply_patch_call_output": "failed",
}


def unfinished(events: Sequence[JsonObject]) -> Sequence[JsonObject]:
    """Leave out the end of the last item, as of an output that stops in the midst of it."""
    is_closing = [event["type"].endswith(CLOSING) for event in events]
    return events[: len(events) - next((at for at, is_end in enumerate(is_closing[::-1]) if not is_end), 0)]


def output_so_far(events: Sequence[JsonObject]) -> list[JsonObject]:
    """Make the output that these events add up to; an item that is not done is incomplete."""
    items: dict[int, JsonObject] = {}
    for event in events:
        at = event["output_index"]
        if event["type"] in (ADDED, DONE):
            items[at] = deepcopy(event["item"])
        else:
            _grow(items[at], event)
    done = {event["output_index"] for event in events if event["type"] == DONE}
    for at in set(items) - done:
        stopped = STOPPED.get(items[at]["type"], "incomplete")
        items[at] |= {"status": stopped} if "status" in items[at] else {}
    return list(items.values())


def _grow(item: JsonObject, event: JsonObject) -> None:
    kind = event["type"]
    parts = next((each for each in PARTS.get(item["type"], ()) if each.index in event), None)
    if parts and kind == f"{parts.kind}.added":
        item[parts.key].append(deepcopy(event["part"]))
        return
    if kind.startswith(COMMANDS):
        item["action"]["commands"][event["command_index"] :] = [_command(item, event)]
        return
    grown = item[parts.key][event[parts.index]] if parts else item
    if kind == ANNOTATION_ADDED:
        grown["annotations"].append(event["annotation"])
    elif kind.endswith(".delta") and isinstance(event["delta"], str):
        grown[TEXTS[grown["type"]].key] += event["delta"]


def _command(item: JsonObject, event: JsonObject) -> str:
    if "command" in event:
        return str(event["command"])
    return str(item["action"]["commands"][event["command_index"]]) + str(event["delta"])
