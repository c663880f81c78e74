"""The events in which output items come into being."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from simulator.responses.hosted_tools import STAGES, TELLINGS, begun_tool, stage_events
from simulator.responses.texts import PARTS, TEXTS, part_events, text_events
from simulator.wire.bodies import JsonObject

ADDED, DONE = "response.output_item.added", "response.output_item.done"

type Telling = Callable[[JsonObject, JsonObject], Iterator[JsonObject]]


def output_events(items: Sequence[JsonObject], *, partial_images: int = 0) -> list[JsonObject]:
    """Make the events of a whole output, without their numbers.

    Args:
        items: The output.
        partial_images: How many pictures of an image on its way the request asks for.
    """
    return [event for at, item in enumerate(items) for event in _item_events(item, at, partial_images)]


def _item_events(item: JsonObject, at: int, partial_images: int) -> Iterator[JsonObject]:
    tell = _within(item, partial_images) if item.get("id") else None
    yield {"type": ADDED, "output_index": at, "item": _begun(item) if tell else item}
    if tell:
        yield from tell(item, {"item_id": item["id"], "output_index": at})
    yield {"type": DONE, "output_index": at, "item": item}


def _within(item: JsonObject, partial_images: int) -> Telling | None:
    """Choose how an item comes into being; one of another type is there at once."""
    kind = item["type"]
    if kind in STAGES:
        return partial(stage_events, partial_images=partial_images)
    if kind in TEXTS:
        return text_events
    return part_events if kind in PARTS else TELLINGS.get(kind)


def _begun(item: JsonObject) -> JsonObject:
    """Make an item as it is before any of what comes."""
    kind = item["type"]
    empty: JsonObject = {parts.key: [] for parts in PARTS.get(kind, ()) if item.get(parts.key) is not None}
    empty |= {TEXTS[kind].key: ""} if kind in TEXTS else {}
    return item | empty | begun_tool(item) | ({"status": "in_progress"} if "status" in item else {})
