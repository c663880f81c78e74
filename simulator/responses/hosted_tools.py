"""What the streams of OpenAI's own tools tell between the beginning of an item and its end."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from simulator.responses.texts import TEXTS, text_events
from simulator.wire.bodies import JsonObject, objects_in
from simulator.wire.pieces import words


@dataclass(frozen=True)
class Stages:
    """What a tool goes through.

    Attributes:
        kind: What the events of its stages begin with.
        first: The stages before its text, if it has one.
        then: Those after it.
        can_fail: Its failure has an event of its own; else a failed one just ends without `completed`.
        begun: What its item has in the beginning in the place of what comes.
    """

    kind: str
    first: tuple[str, ...] = ()
    then: tuple[str, ...] = ()
    can_fail: bool = False
    begun: Mapping[str, object] = field(default_factory=dict)


# By the type of the item.
STAGES = {
    "web_search_call": Stages("response.web_search_call", ("in_progress", "searching")),
    "file_search_call": Stages(
        "response.file_search_call", ("in_progress", "searching"), begun={"queries": [], "results": None}
    ),
    "code_interpreter_call": Stages(
        "response.code_interpreter_call", ("in_progress",), ("interpreting",), begun={"outputs": None}
    ),
    "image_generation_call": Stages(
        "response.image_generation_call", ("in_progress", "generating"), begun={"result": None}
    ),
    "mcp_call": Stages(
        "response.mcp_call", ("in_progress",), can_fail=True, begun={"output": None, "error": None}
    ),
    "mcp_list_tools": Stages(
        "response.mcp_list_tools", ("in_progress",), can_fail=True, begun={"tools": [], "error": None}
    ),
}
COMMANDS, CONTENT = "response.shell_call_command", "response.shell_call_output_content"
COMPACTING = "response.compaction.compacting"
PARTIAL_IMAGE = "response.image_generation_call.partial_image"
ABOUT_IMAGES = ("background", "output_format", "quality", "size")

type Telling = Callable[[JsonObject, JsonObject], Iterator[JsonObject]]


def stage_events(item: JsonObject, where: JsonObject, *, partial_images: int) -> Iterator[JsonObject]:
    """Tell the stages of a tool with its text, or its partial images, in the midst of them."""
    stages = STAGES[item["type"]]
    yield from (where | {"type": f"{stages.kind}.{stage}"} for stage in stages.first)
    if item["type"] in TEXTS:
        yield from text_events(item, where)
    if item["type"] == "image_generation_call":
        yield from _partial_images(item, where, partial_images)
    yield from (where | {"type": f"{stages.kind}.{stage}"} for stage in stages.then)
    if not _has_failed(item):
        yield where | {"type": f"{stages.kind}.completed"}
    elif stages.can_fail:
        yield where | {"type": f"{stages.kind}.failed"}


def command_events(item: JsonObject, where: JsonObject) -> Iterator[JsonObject]:
    """Tell the commands of a shell call; these events do not name their item."""
    for at, command in enumerate(_action(item).get("commands") or []):
        here = {"output_index": where["output_index"], "command_index": at}
        yield here | {"type": f"{COMMANDS}.added", "command": ""}
        for piece in words(command):
            yield here | {"type": f"{COMMANDS}.delta", "delta": piece}
        yield here | {"type": f"{COMMANDS}.done", "command": command}


def shell_output_events(item: JsonObject, where: JsonObject) -> Iterator[JsonObject]:
    """Tell what commands in a hosted shell have written."""
    for at, output in enumerate(objects_in(item.get("output"))):
        here = where | {"command_index": at}
        for channel in ("stdout", "stderr"):
            for piece in words(output.get(channel) or ""):
                yield here | {"type": f"{CONTENT}.delta", "delta": {channel: piece}}
        yield here | {"type": f"{CONTENT}.done", "output": [output]}


def compaction_events(_: JsonObject, where: JsonObject) -> Iterator[JsonObject]:
    yield where | {"type": COMPACTING}


# By the type of the item: those that go through no stages.
TELLINGS: Mapping[str, Telling] = {
    "shell_call": command_events,
    "shell_call_output": shell_output_events,
    "compaction": compaction_events,
}


def begun_tool(item: JsonObject) -> JsonObject:
    """Say what an item of a hosted tool has in the beginning in the place of what comes."""
    match item["type"]:
        case "shell_call":
            return {"action": _action(item) | {"commands": []}} if _action(item) else {}
        case "shell_call_output":
            return {"output": []}
        case kind:
            begun = STAGES[kind].begun if kind in STAGES else {}
            return {key: value for key, value in begun.items() if key in item}


def _action(item: JsonObject) -> JsonObject:
    action = item.get("action")
    return action if isinstance(action, dict) else {}


def _has_failed(item: JsonObject) -> bool:
    return bool(item.get("error")) or item.get("status") in ("failed", "incomplete")


def _partial_images(item: JsonObject, where: JsonObject, count: int) -> Iterator[JsonObject]:
    """Tell the partial images that the request asks for, all of them the image itself."""
    about = {key: item[key] for key in ABOUT_IMAGES if item.get(key) is not None}
    for at in range(count if item.get("result") else 0):
        told = {"type": PARTIAL_IMAGE, "partial_image_index": at, "partial_image_b64": item["result"]}
        yield where | told | about
