"""How an event of a stream looks on the wire, whatever it is of."""

from simulator.wire.bodies import JsonObject, as_bytes


def event_line(kind: str, told: JsonObject) -> bytes:
    """Write an event down as it is now, with its name beside its data."""
    return f"event: {kind}\ndata: ".encode() + as_bytes(told) + b"\n\n"
