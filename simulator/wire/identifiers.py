"""Identifiers in OpenAI's form: what it is, then hex digits."""

import secrets


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(24)}"


def new_call_id() -> str:
    return f"call_{secrets.token_urlsafe(18).replace('-', 'a').replace('_', 'b')}"
