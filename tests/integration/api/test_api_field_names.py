"""A wrong field is called what its sender calls it: its place in what was sent, and no word of our code."""

from typing import Any

import pytest

RUN = "/runs/run_01JDZ3V8W8Q5Z8Q5Z8Q5Z8Q5Z8"
BODIES: dict[str, dict[str, Any]] = {
    "/runs": {
        "kind": "response",
        "request": {"model": "m", "input": "go", "metadata": {"a": "b"}},
        "tools": ["get_order"],
        "deadline_seconds": 60,
        "max_turns": 3,
        "metadata": {"c": "d"},
    },
    f"{RUN}/calls/call_1/decision": {"approve": True, "reason": "because"},
    f"{RUN}/calls/call_1/output": {"output": "x"},
    f"{RUN}/calls/call_2/output": {"error": "x"},
}
JUNK: list[Any] = [
    *(None, True, 0, -1, 1.5, 10**400, "", "x" * 10_000, "\ud800"),
    *([], [None], [1, "x"], ["\ud800"], [[[]]]),
    *(
        {},
        {"a": 1},
        {"a": None},
        {"": ""},
        {"k" * 65: "v" * 513},
        {"\ud800": "\ud800"},
        {"[key]": 1, "x.y": 2},
    ),
]


def is_a_place(field: str, sent: Any, *, may_be_missing: bool = True) -> bool:
    """Whether a field names something that was sent, or that is missing in something that was sent."""
    if not field:
        return True
    match sent:
        case dict():
            names = [name.encode("utf-8", "surrogatepass").decode(errors="replace") for name in sent]
            inner = [
                is_a_place(field[len(name) + 1 :], value)
                for name, value in zip(names, sent.values(), strict=True)
                if field == name or field.startswith(f"{name}.")
            ]
            return any(inner) or (may_be_missing and field.isidentifier())
        case list():
            index, _, rest = field.partition(".")
            return index.isdecimal() and int(index) < len(sent) and is_a_place(rest, sent[int(index)])
        case _:
            return False


@pytest.mark.parametrize(("path", "name"), [(path, name) for path, body in BODIES.items() for name in body])
@pytest.mark.usefixtures("aws")
def test_every_wrong_field_of_every_body_is_called_what_its_sender_calls_it(api, path: str, name: str):
    for junk in JUNK:
        sent = {**BODIES[path], name: junk}

        answer = api.post(path, sent)

        assert answer.status in (202, 404, 422), (junk, answer.body)
        for error in answer.json.get("errors", []):
            assert is_a_place(error["field"], sent), (junk, error)
            assert error["message"].isprintable()
            assert "function" not in error["message"]
