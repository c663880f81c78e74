"""The texts of an output that come in pieces, and the parts that hold them."""

from collections.abc import Iterator
from dataclasses import dataclass

from simulator.wire.bodies import JsonObject
from simulator.wire.pieces import words


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
    "code_interpreter_call": Growth("response.code_interpreter_call_code", "code"),
    "mcp_call": Growth("response.mcp_call_arguments", "arguments"),
    "output_text": Growth("response.output_text", "text", extra=("logprobs",)),
    "refusal": Growth("response.refusal", "refusal"),
    "summary_text": Growth("response.reasoning_summary_text", "text"),
    "reasoning_text": Growth("response.reasoning_text", "text"),
}
SUMMARY = Parts("response.reasoning_summary_part", "summary", "summary_index")
CONTENT = Parts("response.content_part", "content", "content_index")
PARTS = {"message": (CONTENT,), "reasoning": (SUMMARY, CONTENT)}
ANNOTATION_ADDED = "response.output_text.annotation.added"


def text_events(whole: JsonObject, where: JsonObject) -> Iterator[JsonObject]:
    """Tell the text of an item or a part, piece by piece, then what is noted about it, then the whole."""
    growth = TEXTS[whole["type"]]
    text = whole.get(growth.key) or ""
    extra: JsonObject = {key: [] for key in growth.extra}
    for piece in words(text):
        yield where | {"type": f"{growth.kind}.delta", "delta": piece} | extra
    for at, annotation in enumerate(whole.get("annotations") or []):
        yield where | {"type": ANNOTATION_ADDED, "annotation_index": at, "annotation": annotation}
    yield where | {"type": f"{growth.kind}.done", growth.key: text} | extra


def part_events(item: JsonObject, where: JsonObject) -> Iterator[JsonObject]:
    for parts in PARTS[item["type"]]:
        for at, part in enumerate(item.get(parts.key) or []):
            here = where | {parts.index: at}
            yield here | {"type": f"{parts.kind}.added", "part": _begun(part)}
            if part["type"] in TEXTS:
                yield from text_events(part, here)
            yield here | {"type": f"{parts.kind}.done", "part": part}


def _begun(part: JsonObject) -> JsonObject:
    text = TEXTS.get(part["type"])
    notes: JsonObject = {"annotations": []} if "annotations" in part else {}
    return part | ({text.key: ""} | notes if text else {})
