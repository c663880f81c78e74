"""What stands in the secret of the OpenAI key."""

import json
import re
from typing import Any

from contracts.status import Kind

_KEY = re.compile(r"[!-~]+")
"""What an `Authorization` header can carry as a token."""


def openai_api_key(secret: str, kind: Kind) -> str:
    """Read the key for a kind of run out of the secret.

    The secret is a key; or, so that no server sees the key of another, a JSON object of keys by kind.

    Raises:
        ValueError: It holds no key for the kind.
    """
    text = secret.strip()
    key = _by_kind(text).get(kind) if text.startswith("{") else text
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError(f"the secret holds no key for runs of kind {kind}: visible ASCII without spaces")
    return key


def _by_kind(text: str) -> dict[str, Any]:
    try:
        document: dict[str, Any] = json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError("the secret begins as a JSON object of keys by kind, and is none") from None
    return document
