"""Where a long text goes, whatever the id of its call is."""

import re
from types import SimpleNamespace
from typing import Any

import pytest
from contracts.payloads import INLINE_LIMIT_BYTES, PayloadBucket

LONG = "x" * (INLINE_LIMIT_BYTES + 1)


@pytest.mark.parametrize("call_id", ["..", ".", "a/b", "\0", "é" * 250, "c" * 512, "\ud800", "%2e"])
def test_a_key_holds_nothing_that_a_bucket_may_refuse_and_the_text_is_found_by_it(call_id):
    objects: dict[str, bytes] = {}
    s3: Any = SimpleNamespace(
        put_object=lambda *, Bucket, Key, Body: objects.update({Key: Body}),  # noqa: N803
        get_object=lambda *, Bucket, Key: {"Body": SimpleNamespace(read=lambda: objects[Key])},  # noqa: N803
    )
    payloads = PayloadBucket(lambda: s3, "bucket")

    stored = payloads.store(f"run_1/1/{call_id}/arguments", LONG)

    assert payloads.fetch(stored) == LONG
    assert all(re.fullmatch(r"run_1/1(/[A-Za-z0-9_-]+)+/arguments", key) for key in objects)


@pytest.mark.parametrize("call_id", ["/" * 512, "é/" * 170])
def test_a_key_is_never_longer_than_a_bucket_takes_and_stays_in_the_folder_of_its_run(call_id):
    keys: list[str] = []
    s3: Any = SimpleNamespace(put_object=lambda *, Bucket, Key, Body: keys.append(Key))  # noqa: N803
    store = PayloadBucket(lambda: s3, "bucket").store

    for what in ("arguments", "output-1", "output-2"):
        store(f"run_1/1/{call_id}/{what}", LONG)

    assert all(re.fullmatch(r"run_1/[a-f0-9]{32}", key) for key in keys)
    assert len(set(keys)) == 3


@pytest.mark.parametrize("key", ["run_1/2/call_a-B/output", "run_1/" + "a/" * 508 + "bb"])
def test_a_plain_key_is_as_it_was(key):
    keys: list[str] = []
    s3: Any = SimpleNamespace(put_object=lambda *, Bucket, Key, Body: keys.append(Key))  # noqa: N803

    PayloadBucket(lambda: s3, "bucket").store(key, LONG)

    assert keys == [key]


def test_two_texts_that_are_kept_inline_fit_into_one_record():
    store = PayloadBucket(lambda: pytest.fail("it is kept inline"), "a-bucket").store
    inline = store("key", "x" * 100_000)

    assert 2 * INLINE_LIMIT_BYTES + 100_000 < 400_000
    assert inline == "inline:" + "x" * 100_000
