"""The fault matrix: its rows, where the proof of each is, and why some are left out.

The rows are those of section 3.3 of the project's notes on AWS. A test here says which row it proves with
`@row("F13")`; rows that are proved in another folder, wholly or in part, name the tests there.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

row = pytest.mark.row

FAULTS = {
    "F01": "the same delivery 100 times, 32 at once",
    "F02": "the same event under two webhook ids",
    "F03": "a run's webhooks in every order",
    "F04": "a captured webhook again, after the tolerance",
    "F05": "a timestamp at the edge of the tolerance",
    "F06": "forged signatures and headers",
    "F07": "a body that is not byte for byte the signed one",
    "F08": "bodies of up to 10 MB",
    "F09": "signed, and no event that we know",
    "F10": "the secret is rotated, revoked, out of reach",
    "F11": "clocks that differ by a minute, and by 400 s",
    "F12": "SendMessage fails in every way",
    "F13": "SendMessage is applied and its reply lost",
    "F14": "a proxy's 200 that is no answer of SQS",
    "F15": "the webhook function is killed at each step",
    "F16": "the worker is killed at each request",
    "F17": "a crash between a side effect and its record",
    "F18": "a function times out in the middle of a batch",
    "F19": "a poison message in a batch of ten",
    "F20": "a zombie: its lease ran out, and it goes on",
    "F21": "each DynamoDB operation fails",
    "F22": "DynamoDB is down for ten minutes",
    "F23": "more than an item holds",
    "F24": "OpenAI is limited, broken, slow, garbled",
    "F25": "OpenAI does not know, or refuses",
    "F26": "a webhook never arrives, or days later",
    "F27": "a webhook says what is not so",
    "F28": "a malformed partial batch response",
    "F29": "dead letters are redriven, once and twice",
    "F30": "a deploy in the middle of a run, and back",
    "F31": "random mixes of everything",
    "F32": "hostile tool calls and outputs",
    "F33": "processing outlasts the visibility timeout",
    "F34": "records expire too early, or too late",
    "F35": "a throttled front door",
    "F36": "logs and metrics cannot be written",
}

ELSEWHERE: dict[str, tuple[str, ...]] = {}
"""Row -> tests in other folders, as `file::function`."""

LEFT_OUT: dict[str, str] = {}
"""Row -> why there is no test of it."""


def tested_here() -> Iterator[tuple[str, str]]:
    """List every row that a test of this folder says it proves, and the test."""
    for file in sorted(HERE.glob("test_*.py")):
        for function in functions_of(file):
            for decorator in function.decorator_list:
                match decorator:
                    case ast.Call(func=ast.Name(id="row"), args=names):
                        yield from ((str(ast.literal_eval(name)), function.name) for name in names)


def functions_of(file: Path) -> Iterator[ast.FunctionDef]:
    """List the functions of a module."""
    tree = ast.parse(file.read_text())
    return (node for node in tree.body if isinstance(node, ast.FunctionDef))
