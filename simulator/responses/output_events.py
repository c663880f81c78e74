"""The events in which output items come into being, and what there is of the items in between."""

import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass

from simulator.wire.bodies import JsonObject


@dataclass(frozen=True)
class Growth:
    """A text of an item that comes in pieces.

    Attributes:
        key: Where the text is in its item, or in its part.
        extra: What its events tell beside the text.
    """

    kind: str
    key: str
    extra: tuple[str, ...] = ()


@dataclass(frozen=True)
class Parts:
    """The parts that an item has, each with a text."""

    kind: str
    key: str
    index: str


# By the type of the item, or of the part.
TEXTS = {
    "function_call": Growth("response.function_call_arguments", "arguments"),
    "custom_tool_call": Growth("response.custom_tool_call_input", "input"),
    "output_text": Growth("response.output_text", "text", extra=("logprobs",)),
    "refusal": Growth("response.refusal", "refusal"),
    "summary_text": Growth("response.reasoning_summary_text", "text"),
}
PARTS = {
    "message": Parts("response.content_part", "content", "content_index"),
    "reasoning": Parts("response.reasoning_summary_part", "summary", "summary_index"),
}
ADDED, DONE = "response.output_item.added", "response.output_item.done"


def output_events(items: Sequence[JsonObject]) -> list[JsonObject]:
    """Make the events of a whole output, without their numbers."""
    return [event for at, item in enumerate(items) for event in _item_events(item, at)]


def unfinished(events: Sequence[JsonObject]) -> Sequence[JsonObject]:
    """Leave out the end of the last item, as of an output that stops in the midst of it."""
    is_closing = [not event["type"].endswith((".added", ".delta")) for event in events]
    return events[: len(events) - next((at for at, is_end in enumerate(is_closing[::-1]) if not is_end), 0)]


def output_so_far(events: Sequence[JsonObject]) -> list[JsonObject]:
    """Make the output that these events add up to; an item that is not done is incomplete."""
    items: dict[int, JsonObject] = {}
    for event in events:
        at, kind = event["output_index"], event["type"]
        if kind in (ADDED, DONE):
            items[at] = deepcopy(event["item"])
        elif kind.endswith("_part.added"):
            items[at][PARTS[items[at]["type"]].key].append(dict(event["part"]))
        elif kind.endswith(".delta"):
            grown = _grown(items[at], event)
            grown[TEXTS[grown["type"]].key] += event["delta"]
    done = {event["output_index"] for event in events if event["type"] == DONE}
    for at in set(items) - done:
        items[at] |= {"status": "incomplete"} if "status" in items[at] else {}
    return list(items.values())


def _grown(item: JsonObject, event: JsonObject) -> JsonObject:
    """Find what a piece of text belongs to: the item itself or one of its parts."""
    parts = PARTS.get(item["type"])
    found: JsonObject = item[parts.key][event[parts.index]] if parts else item
    return found


def _item_events(item: JsonObject, at: int) -> Iterator[JsonObject]:
    where = {"item_id": item.get("id"), "output_index": at}
    tell = _within(item) if item.get("id") else None
    yield {"type": ADDED, "output_index": at, "item": _begun(item) if tell else item}
    if tell:
        yield from tell(item, where)
    yield {"type": DONE, "output_index": at, "item": item}


def _within(item: JsonObject) -> Callable[[JsonObject, JsonObject], Iterator[JsonObject]] | None:
    """Choose how an item comes into being; one of an unknown type is there at once."""
    if item["type"] in TEXTS:
        return _text_events
    return _part_events if item["type"] in PARTS else None


def _begun(item: JsonObject) -> JsonObject:
    """Make an item as it is before any of its text."""
    if item["type"] in PARTS:
        empty: JsonObject = {PARTS[item["type"]].key: []}
    else:
        empty = {TEXTS[item["type"]].key: ""}
    return item | empty | ({"status": "in_progress"} if "status" in item else {})


def _part_events(item: JsonObject, where: JsonObject) -> Iterator[JsonObject]:
    parts = PARTS[item["type"]]
    for at, part in enumerate(item.get(parts.key) or []):
        here = where | {parts.index: at}
        text = TEXTS.get(part["type"])
        yield here | {"type": f"{parts.kind}.added", "part": part | ({text.key: ""} if text else {})}
        if text:
            yield from _text_events(part, here)
        yield here | {"type": f"{parts.kind}.done", "part": part}


def _text_events(whole: JsonObject, where: JsonObject) -> Iterator[JsonObject]:
    growth = TEXTS[whole["type"]]
    text = whole.get(growth.key) or ""
    extra: JsonObject = {key: [] for key in growth.extra}
    for piece in re.findall(r"\s*\S+\s*$|\s*\S+|\s+", text):
        yield where | {"type": f"{growth.kind}.delta", "delta": piece} | extra
    yield where | {"type": f"{growth.kind}.done", growth.key: text} | extra
