"""A client that sends its whole history again: how many turns of the model are in it."""

from collections.abc import Sequence

from simulator.responses.compaction import turns_compacted
from simulator.responses.store import StoredResponses
from simulator.wire.bodies import JsonObject

NOT_OF_THE_MODEL = ("mcp_approval_response", "compaction", "compaction_trigger")


def turns_in(items: Sequence[JsonObject], known: StoredResponses) -> int:
    """Count the turns that these items came from.

    A turn is what one response put out. Clients leave out ids, so that what nobody is known to have put
    out counts by its place: all of the model's items up to the next of the client's are one turn. A message
    alone may be an example that the client made up; it counts if some response has said it.
    """
    compacted = 0
    authors: list[str | None] = []
    is_open = False  # whether the next item of the model may belong to the last turn
    for item in items:
        compacted += turns_compacted(item)
        if not _is_of_the_model(item):
            is_open = False
            continue
        author = known.author(item)
        if author is not None and author in authors:
            continue
        if is_open and None in (author, authors[-1]):
            authors[-1] = authors[-1] or author
        elif author is not None or item["type"] != "message" or known.is_known(item):
            authors.append(author)
            is_open = True
    return compacted + len(authors)


def _is_of_the_model(item: JsonObject) -> bool:
    if item["type"] == "message":
        return item.get("role") == "assistant"
    return not item["type"].endswith("_output") and item["type"] not in NOT_OF_THE_MODEL
