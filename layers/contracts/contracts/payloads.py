"""Texts of any size beside records of at most 400 KB.

A short text stays in its record; a long one goes to the payload bucket and leaves a pointer.
"""

import re
from hashlib import sha256
from typing import TYPE_CHECKING, NewType

from contracts.errors import PayloadLostError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3 import S3Client

Stored = NewType("Stored", str)
"""A text as its record holds it: `inline:` and the text, or `s3:` and the object's key."""

INLINE_LIMIT_BYTES = 100_000
"""A call holds two payloads, and a DynamoDB item at most 400 KB."""

PLAIN = re.compile(r"[A-Za-z0-9_-]{1,200}")

MAX_KEY = 1024
"""Bytes of an object's key, which S3 limits."""


class PayloadBucket:
    """Keeps what is too long for a record; that is seldom, so its client is made when it is needed first."""

    def __init__(self, s3: "Callable[[], S3Client]", bucket_name: str) -> None:
        self._s3 = s3
        self._bucket_name = bucket_name

    def store(self, key: str, text: str) -> Stored:
        """Put a text where it fits and say where; writing the same key again is harmless.

        Half a surrogate pair, which JSON can spell and UTF-8 cannot, becomes a question mark.
        """
        body = text.encode("utf-8", "replace")
        if len(body) <= INLINE_LIMIT_BYTES:
            return Stored(f"inline:{body.decode()}")
        key = _fit_key(key)
        self._s3().put_object(Bucket=self._bucket_name, Key=key, Body=body)
        return Stored(f"s3:{key}")

    def fetch(self, stored: Stored) -> str:
        """Bring a text back whole.

        Raises:
            PayloadLostError: It is not there; S3 is consistent, so it will not be there later.
        """
        place, _, rest = stored.partition(":")
        if place == "inline":
            return rest
        s3 = self._s3()
        try:
            body = s3.get_object(Bucket=self._bucket_name, Key=rest)["Body"].read()
        except s3.exceptions.NoSuchKey as error:
            raise PayloadLostError(rest) from error
        return body.decode()

    def delete(self, stored: Stored) -> None:
        """Take a text away that no record points to."""
        place, _, key = stored.partition(":")
        if place == "s3":
            self._s3().delete_object(Bucket=self._bucket_name, Key=key)

    def delete_all(self, run_id: str) -> None:
        """Take away every text of a run."""
        s3 = self._s3()
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket_name, Prefix=f"{run_id}/")
        for page in pages:
            for each in page.get("Contents", ()):
                s3.delete_object(Bucket=self._bucket_name, Key=each["Key"])

    def find(self, stored: Stored) -> str | None:
        """Bring a text back whole, if it is still there."""
        try:
            return self.fetch(stored)
        except PayloadLostError:
            return None


def inline_text(stored: Stored) -> str | None:
    """Give a text that stands in its record; `None` if it is in the bucket."""
    place, _, text = stored.partition(":")
    return text if place == "inline" else None


def _fit_key(key: str) -> str:
    """Name an object by a key that every S3 takes, in the folder of its run: an id may be of many slashes."""
    plain = "/".join(map(_plain, key.split("/")))
    return plain if len(plain) <= MAX_KEY else f"{_plain(key.partition('/')[0])}/{_digest(key)}"


def _plain(part: str) -> str:
    """Name a part of a key by what every S3 takes: a call's id may be `..`, or hold any character."""
    return part if PLAIN.fullmatch(part) else _digest(part)


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]
