"""What a tool returned is told as well as can be; a tool that returned has not failed."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from types import coroutine
from typing import Any, TypedDict

import pytest
from pydantic import BaseModel, ConfigDict, RootModel, computed_field, field_serializer

from functions.tools.output import (
    IN_OTHER_WORDS,
    NOT_A_NUMBER,
    Output,
    output_of,
    output_of_json,
    returned,
)
from functions.tools.result import succeeded


class Shy:
    def __repr__(self) -> str:
        raise KeyError("no words")


class Rude:
    def __repr__(self) -> str:
        raise SystemExit("no words")


class Plain:
    def __repr__(self) -> str:
        return "<a plain object>"


class Gone:
    """A proxy of something that is gone."""

    @property
    def __class__(self) -> Any:
        raise ReferenceError("it is gone")

    __repr__ = __class__.fget  # type: ignore[assignment, attr-defined]


class Broken(BaseModel):
    sku: str = "L-1"

    @computed_field  # type: ignore[prop-decorator]
    @property
    def price(self) -> int:
        raise ValueError("no price today")


class Colour(str, Enum):  # noqa: UP042 - its `str` is another one than a StrEnum's
    RED = "red"


class Guarded(str):
    """A text that nobody may look at."""

    __slots__ = ()

    def _refuse(self, *_: object) -> Any:
        raise PermissionError("not for you")

    encode = __str__ = __repr__ = __eq__ = __ne__ = __format__ = _refuse
    __hash__ = str.__hash__


@dataclass
class Measured:
    ratio: float


NAN = float("nan")


class Loose(BaseModel):
    a: Any
    b: Any = None


class Worded(BaseModel):
    model_config = ConfigDict(ser_json_inf_nan="strings")

    a: float


class Typed(TypedDict):
    a: float


@dataclass
class Held:
    a: Any


class Rate(float):
    """A number of a class of its own."""


class Unknown(Enum):
    RATE = NAN


class Tactful(BaseModel):
    """One that says of its numbers what it likes, and has null for what it likes."""

    a: Any = NAN
    b: Any = 2.5
    c: Any = None

    @field_serializer("a", when_used="json")
    def _in_words(self, _: float) -> str:
        return "none"

    @field_serializer("b", when_used="json")
    def _hidden(self, _: float) -> None:
        return None


class Wary(BaseModel):
    """One that is only for JSON."""

    a: Any = None

    @field_serializer("a")
    def _only_json(self, value: Any, info: Any) -> Any:
        if info.mode != "json":
            raise PermissionError("not for you")
        return value


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Plain(), "<a plain object>"),
        (Shy(), "<Shy>"),
        (Rude(), "<Rude>"),
        (Broken(), "<Broken>"),
        (CIRCLE, "[[...]]"),
        (b"\xffPNG", "\ufffdPNG"),
        ("half a pair: \ud800!", "half a pair: \ufffd!"),
        ({"at": Plain()}, '{"at":"<a plain object>"}'),
        ({Plain(): 1}, '{"<a plain object>":1}'),
        ({"a": b"\xff", "\ud800": "\udc00"}, '{"a":"\ufffd","\ufffd":"\ufffd"}'),
        ([Plain(), {"x": [Shy()]}], '["<a plain object>",{"x":["<Shy>"]}]'),
    ],
)
def test_what_json_cannot_say_is_said_in_other_words(value, text):
    assert output_of(value) == Output(text, note=IN_OTHER_WORDS)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(
    ("wrap", "told"),
    [
        (lambda number: {"ratio": number}, {"ratio": None, "note": NOT_A_NUMBER}),
        (lambda number: Measured(number), {"ratio": None, "note": NOT_A_NUMBER}),  # noqa: PLW0108
        (lambda number: [1, number], {"output": [1, None], "note": NOT_A_NUMBER}),
        (lambda number: number, {"output": None, "note": NOT_A_NUMBER}),
        (lambda number: {"note": number}, {"output": {"note": None}, "note": NOT_A_NUMBER}),
    ],
    ids=["object", "dataclass", "list", "alone", "a note of its own"],
)
def test_a_number_that_is_none_is_told_as_null_with_a_word_about_it(value, wrap, told):
    output = output_of(wrap(value))

    assert json.loads(output.text) == told
    assert output.note == NOT_A_NUMBER


@pytest.mark.parametrize("number", [NAN, float("inf"), Rate("nan"), Unknown.RATE], ids=repr)
@pytest.mark.parametrize(
    ("wrap", "told"),
    [
        (lambda number: Loose(a=number), {"a": None, "b": None}),
        (lambda number: Loose(a=number, b="null"), {"a": None, "b": "null"}),
        (lambda number: Loose(a=[1, {2: number}]), {"a": [1, {"2": None}], "b": None}),
        (lambda number: Loose(a={number}), {"a": [None], "b": None}),
        (lambda number: Loose(a=Loose(a=number)), {"a": {"a": None, "b": None}, "b": None}),
        (lambda number: Loose(a=Held(number)), {"a": {"a": None}, "b": None}),
        (lambda number: Loose(a=Typed(a=number)), {"a": {"a": None}, "b": None}),
        (lambda number: Held(Loose(a=number)), {"a": {"a": None, "b": None}}),
        (lambda number: {"a": [Loose(a=number)]}, {"a": [{"a": None, "b": None}]}),
        (
            lambda number: {"a": Plain(), "b": Loose(a=number)},
            {"a": "<a plain object>", "b": {"a": None, "b": None}},
        ),
    ],
    ids=[
        *("model", "text", "list", "set", "model in a model", "dataclass in a model", "dict in a model"),
        *("model in a dataclass", "model in a list", "beside what JSON cannot say"),
    ],
)
def test_a_number_that_a_model_writes_as_null_is_told_with_a_word_about_it(number, wrap, told):
    output = output_of(wrap(number))

    assert json.loads(output.text) == {**told, "note": NOT_A_NUMBER}
    assert NOT_A_NUMBER in (output.note or "")


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (RootModel[Any](NAN), {"output": None, "note": NOT_A_NUMBER}),
        (RootModel[list[Any]]([NAN, 1]), {"output": [None, 1], "note": NOT_A_NUMBER}),
        (Worded(a=NAN), {"a": None, "note": NOT_A_NUMBER}),
        (Typed(a=NAN), {"a": None, "note": NOT_A_NUMBER}),
    ],
    ids=repr,
)
def test_however_a_type_would_write_a_number_that_is_none_it_is_told_so(value, told):
    output = output_of(value)

    assert json.loads(output.text) == told
    assert output.note == NOT_A_NUMBER


def bit_by_bit() -> Iterator[Any]:
    yield None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Loose(a=None), '{"a":null,"b":null}'),
        (Loose(a=[None, 1.5]), '{"a":[null,1.5],"b":null}'),
        (Loose(a=Decimal("NaN")), '{"a":"NaN","b":null}'),
        (Tactful(), '{"a":"none","b":null,"c":null}'),
        (Wary(), '{"a":null}'),
        ({"a": bit_by_bit()}, '{"a":[null]}'),
    ],
    ids=["null", "list", "decimal", "own words", "wary", "generator"],
)
def test_a_null_that_is_one_needs_no_word(value, text):
    assert output_of(value) == Output(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"words": "NaN and Infinity"}, '{"words":"NaN and Infinity"}'),
        (Colour.RED, "red"),
        (b"bytes", '"bytes"'),
        ((1, 2), "[1,2]"),
    ],
    ids=repr,
)
def test_what_json_can_say_is_said_as_it_is(value, text):
    assert output_of(value) == Output(text)


def test_two_halves_that_are_a_pair_are_told_as_their_character():
    assert output_of("a pair: \ud83d\ude00").text == "a pair: \U0001f600"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Guarded("done"), Output("done")),
        (Guarded("\ud800"), Output("\ufffd", note=IN_OTHER_WORDS)),
        ({"a": Guarded("done")}, Output('{"a":"done"}')),
        ({"a": Guarded("\ud800")}, Output('{"a":"\ufffd"}', note=IN_OTHER_WORDS)),
        ({Guarded("\ud800"): 1}, Output('{"\ufffd":1}', note=IN_OTHER_WORDS)),
    ],
    ids=["a text", "half a pair", "within", "half a pair within", "half a pair as a key"],
)
def test_a_text_whose_own_code_raises_is_told_all_the_same(value, told):
    assert output_of(value) == told


def test_a_proxy_of_something_that_is_gone_has_been_returned_too():
    assert output_of(returned(Gone())) == Output("<Gone>", note=IN_OTHER_WORDS)


def test_lists_without_end_and_numbers_without_end_are_told_somehow():
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]

    assert output_of(deep).note == IN_OTHER_WORDS
    assert output_of(10**5000).text.startswith("1000")


def test_a_generator_is_the_tools_own_code():
    def lines() -> Any:
        yield "one"
        raise ValueError("the printer burns")

    assert returned(iter([1, 2])) == [1, 2]
    with pytest.raises(ValueError, match="the printer burns"):
        returned(lines())


def test_what_is_still_to_be_awaited_has_not_run():
    async def send() -> None: ...

    @coroutine
    def send_as_of_old() -> Any:
        yield

    for unsent in (send(), send_as_of_old()):
        with pytest.raises(TypeError, match="plain function"):
            returned(unsent)
        unsent.close()


@pytest.mark.parametrize("payload", [b"\xff", b'"\xff"'])
def test_what_another_runtime_returned_is_told_too(payload):
    assert output_of_json(payload) == Output("\ufffd", note=IN_OTHER_WORDS)


@pytest.mark.parametrize(
    ("payload", "told"),
    [
        (b'{"ratio": NaN}', {"ratio": None, "note": NOT_A_NUMBER}),
        (b"[-Infinity, 1]", {"output": [None, 1], "note": NOT_A_NUMBER}),
        (b"NaN", {"output": None, "note": NOT_A_NUMBER}),
    ],
)
def test_a_number_that_is_none_is_told_as_null_whatever_runtime_returned_it(payload, told):
    output = output_of_json(payload)

    assert json.loads(output.text) == told
    assert output.note == NOT_A_NUMBER


def test_all_that_was_told_in_other_words_is_noted():
    output = output_of_json(b'["\xff", NaN]')

    assert json.loads(output.text) == {"output": ["\ufffd", None], "note": NOT_A_NUMBER}
    assert output.note == f"{IN_OTHER_WORDS}\n{NOT_A_NUMBER}"


@pytest.mark.parametrize("payload", [b'{"words": "NaN and Infinity"}', b"1e999", b'{"b": 1,\n "a": 1.10}'])
def test_what_another_runtime_wrote_as_json_is_left_as_it_is(payload):
    assert output_of_json(payload) == Output(payload.decode())


@pytest.mark.parametrize("more", [0, 1, 1000])
def test_a_text_that_is_too_long_for_openai_is_told_as_far_as_it_takes_it(more: int):
    most = 10_485_760
    text = "x" * (most + more)

    told = succeeded(output_of(text))

    assert told.outcome == "succeeded"
    assert told.output is not None
    assert len(told.output.text) == most
    assert told.output.text.endswith("the rest was left out.]") == bool(more)
    assert (told.detail is not None) == bool(more)
