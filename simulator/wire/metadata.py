"""The limits that OpenAI puts on the metadata of every resource."""

from simulator.wire.bodies import JsonObject
from simulator.wire.errors import ApiError, invalid

MOST_PAIRS = 16
LONGEST_KEY = 64
LONGEST_VALUE = 512


def checked_metadata(body: JsonObject) -> JsonObject:
    """Read the metadata of a create or update body; absent is empty.

    Raises:
        ApiError: The metadata is over a limit.
    """
    metadata = body.get("metadata")
    if metadata is None:
        return {}
    if not isinstance(metadata, dict):
        raise invalid(
            "metadata", "Invalid type for 'metadata': expected an object of strings.", code="invalid_type"
        )
    if len(metadata) > MOST_PAIRS:
        raise invalid(
            "metadata",
            f"Invalid 'metadata': too many properties. Expected an object with at most {MOST_PAIRS} "
            f"properties, but got an object with {len(metadata)} properties instead.",
            code="object_above_max_properties",
        )
    for key, value in metadata.items():
        _check_pair(key, value)
    return metadata


def _check_pair(key: str, value: object) -> None:
    if len(key) > LONGEST_KEY:
        raise _too_long(f"metadata key '{key}'", LONGEST_KEY, len(key), param="metadata")
    param = f"metadata.{key}"
    if not isinstance(value, str):
        raise invalid(param, f"Invalid type for '{param}': expected a string.", code="invalid_type")
    if len(value) > LONGEST_VALUE:
        raise _too_long(param, LONGEST_VALUE, len(value), param=param)


def _too_long(what: str, most: int, length: int, *, param: str) -> ApiError:
    message = (
        f"Invalid '{what}': string too long. Expected a string with maximum length {most}, "
        f"but got a string with length {length} instead."
    )
    return invalid(param, message, code="string_above_max_length")
