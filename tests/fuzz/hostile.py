"""Documents with something wrong in them: by seed, and small where they can be."""

import json
from collections.abc import Iterator
from copy import deepcopy
from random import Random
from typing import Any

type Path = tuple[str | int, ...]

HALF = "\ud83d"
DEEP = "[" * 20_000

STRINGS = (
    *("", " ", "\0", "\n\r\t\x1b[31m", HALF, f"call_{HALF}", "\udc00\ud83d", "\ufffd", "\ufeff", "\u202e"),
    *("\u00e9" * 257, "x" * 513, "x" * 3000, "\u00e9" * 70_000, DEEP, '{"a":' * 20_000, "9" * 5000),
    *(
        "-1",
        "1e999",
        "NaN",
        "\u00b2",
        "\u0663",
        "null",
        "true",
        "{}",
        "[]",
        "..",
        ".",
        "../..",
        "a/b",
        "a#b",
        "%00",
    ),
    *('{"order_id": "A-1"}', '{"order_id": "\\ud800"}', "get_order", "send_email", "ask_person"),
    *(
        "completed",
        "failed",
        "cancelled",
        "incomplete",
        "expired",
        "queued",
        "in_progress",
        "requires_action",
    ),
    *(
        "cancelling",
        "idle",
        "waiting",
        "a_word_of_tomorrow",
        "function_call",
        "mcp_approval_request",
        "message",
    ),
    *("refusal", "custom_tool_call", "shell_call", "tool_search_call", "hologram_call", "assistant", "root"),
    *(
        "computer_use_approval_request",
        "environment_connection",
        "browser_authentication",
        "call_1",
        "call_2",
    ),
    *("run_1", "resp_1", "turn_1", "server_error", "rate_limit_exceeded"),
)
SCALARS = (None, True, False, 0, -1, 2**63, 10**30, 1.5, float("nan"), float("inf"), 1e308)
CONTAINERS = ([], {}, [None], [[]], [{}], {"": ""}, {"a": {"b": {"c": []}}}, ["x"], {"type": ["x"]})


def nested(levels: int) -> Any:
    """Make a document nested so deep."""
    document: Any = 1
    for level in range(levels):
        document = [document] if level % 2 else {"a": document}
    return document


def any_value(random: Random) -> Any:
    """Make a value of any type."""
    match random.randrange(12):
        case 0 | 1 | 2 | 3 | 4:
            return random.choice(STRINGS)
        case 5 | 6 | 7:
            return random.choice(SCALARS)
        case 8:
            return nested(random.choice((3, 101, 400)))
        case _:
            return deepcopy(random.choice(CONTAINERS))


def spoilt(document: Any, random: Random, times: int) -> Any:
    """Copy a document with so many things in it changed."""
    copy = json.loads(json.dumps(document))
    for _ in range(times):
        paths = list(_paths(copy))
        if not paths:
            return any_value(random)
        copy = _spoil(copy, random.choice(paths), random)
    return copy


def _paths(document: Any, at: Path = ()) -> Iterator[Path]:
    children = document.items() if isinstance(document, dict) else enumerate(document)
    for key, child in children:
        yield (*at, key)
        if isinstance(child, dict | list) and len(at) < 12:
            yield from _paths(child, (*at, key))


def _spoil(document: Any, path: Path, random: Random) -> Any:
    *way, last = path
    parent = document
    for key in way:
        parent = parent[key]
    value = parent[last]
    match random.randrange(10):
        case 0 | 1 | 2 if isinstance(value, str):
            parent[last] = random.choice(STRINGS)
        case 3:
            del parent[last]
        case 4:
            parent[last] = None
        case 5 if isinstance(value, list):
            parent[last] = value * random.choice((0, 2, 30)) if len(value) < 100 else []
        case 6 if isinstance(parent, dict):
            parent[random.choice(STRINGS)] = value
        case 7 if isinstance(parent, list):
            parent.append(value)
            random.shuffle(parent)
        case _:
            parent[last] = any_value(random)
    return document


def written(document: Any, random: Random) -> bytes:
    """Write an answer as ASCII JSON, which has everything; now and then as what is no JSON at all."""
    match random.randrange(60):
        case 0:
            return random.choice(
                (b"", b"<html>", b"\xff\xfe", DEEP.encode(), b'{"id": 1' + b"0" * 5000 + b"}")
            )
        case 1:
            whole = json.dumps(document).encode()
            return whole[: random.randrange(len(whole) + 1)]
        case _:
            return json.dumps(document).encode()
