"""Which outputs are content parts: what the SDK's own types take, and nothing that they would not."""

from typing import Any

import pytest
from contracts.content import DETAILS, SOURCES, TEXTS, is_content, sent
from openai.types.responses import (
    ResponseFunctionCallOutputItemListParam,
    ResponseInputFile,
    ResponseInputFileContent,
    ResponseInputImage,
    ResponseInputImageContent,
    ResponseInputText,
    ResponseInputTextContent,
)
from openai.types.responses.response_function_call_output_item_param import (
    ResponseFunctionCallOutputItemParam,
)
from pydantic import TypeAdapter

TEXT = {"type": "input_text", "text": "A receipt."}
IMAGE = {"type": "input_image", "image_url": "data:image/png;base64,AAAA"}
FILE = {"type": "input_file", "file_data": "AAAA", "filename": "receipt.pdf"}
of_the_sdk: TypeAdapter[Any] = TypeAdapter(ResponseFunctionCallOutputItemListParam)


@pytest.mark.parametrize(
    "value",
    [
        [TEXT],
        [IMAGE, TEXT, FILE],
        [{**TEXT, "text": ""}],
        [{**IMAGE, "detail": "original"}],
        [{**IMAGE, "detail": None, "file_id": None}],
        [{"type": "input_image", "file_id": "file_1"}],
        [{"type": "input_file", "file_url": "https://example.com/a.pdf", "detail": "low"}],
        [{**TEXT, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}}],
        [{**TEXT, "prompt_cache_breakpoint": None}],
    ],
    ids=str,
)
def test_a_list_of_content_parts_is_content(value):
    of_the_sdk.validate_python(value, strict=True, extra="forbid")

    assert is_content(value)


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        None,
        "[]",
        TEXT,
        [TEXT, "a text"],
        [TEXT, None],
        [{"text": "untyped"}],
        [{**TEXT, "type": "output_text"}],
        [{**TEXT, "type": ["input_text"]}],
        [{**TEXT, "type": None}],
        [{"type": "input_text"}],
        [{**TEXT, "text": 7}],
        [{**TEXT, "text": None}],
        [{**TEXT, "more": 1}],
        [{**TEXT, "more": "a text"}],
        [{**IMAGE, "file_id": 7}],
        [{**TEXT, "detail": "low"}],
        [{"type": "input_image"}],
        [{"type": "input_image", "image_url": None}],
        [{**IMAGE, "image_url": {"url": "https://example.com"}}],
        [{**IMAGE, "detail": "sharp"}],
        [{**IMAGE, "detail": []}],
        [{"type": "input_file", "filename": "receipt.pdf"}],
        [{**FILE, "detail": "original"}],
        [{**TEXT, "detail": None}],
        [{**TEXT, "prompt_cache_breakpoint": {}}],
        [{**TEXT, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "1h"}}],
        [{**TEXT, "prompt_cache_breakpoint": {"mode": "explicit", "ttl": []}}],
        [{**TEXT, "prompt_cache_breakpoint": {"mode": "explicit", "more": 1}}],
    ],
    ids=str,
)
def test_anything_else_is_json_like_any_other(value):
    assert not is_content(value)


@pytest.mark.parametrize(
    ("kind", "part"),
    [
        (ResponseInputText, TEXT),
        (ResponseInputTextContent, TEXT),
        (ResponseInputImage, {**IMAGE, "detail": "auto"}),
        (ResponseInputImageContent, IMAGE),
        (ResponseInputFile, FILE),
        (ResponseInputFileContent, FILE),
        (ResponseInputFileContent, {**FILE, "prompt_cache_breakpoint": {"mode": "explicit"}}),
    ],
)
def test_the_sdks_own_objects_are_content_and_sent_without_their_nulls(kind, part):
    dumped = [kind.model_validate(part).model_dump()]

    assert is_content(dumped)
    assert sent(dumped) == [part]
    of_the_sdk.validate_python(sent(dumped), strict=True, extra="forbid")


def test_the_parts_and_their_fields_are_the_sdks():
    fields = {part.__annotations__["type"]: part for part in ResponseFunctionCallOutputItemParam.__args__}
    known = {
        str(kind): set(part.__annotations__) - {"type", "detail", "prompt_cache_breakpoint"}
        for kind, part in fields.items()
    }

    assert set(map(frozenset, known.values())) == set(map(frozenset, TEXTS.values()))
    assert all(f"'{name}'" in str(fields) for name in SOURCES)
    assert TEXTS.keys() == DETAILS.keys() == SOURCES.keys()
