"""The arguments of a call, as models write them."""

NOTHING = frozenset({"", "null"})


def arguments_text(written: str) -> str:
    """Give a call's arguments as JSON; some models write nothing where a tool takes none."""
    return "{}" if written.strip() in NOTHING else written
