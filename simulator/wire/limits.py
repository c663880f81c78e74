"""What a value may be, in OpenAI's words where one is not: a range, a choice, a known parameter."""

from collections.abc import Sequence

from simulator.wire.bodies import JsonObject, is_number
from simulator.wire.errors import ApiError, invalid


def check_range(body: JsonObject, key: str, least: float, most: float = float("inf")) -> None:
    """Refuse a number out of its range, or none at all; an absent one passes.

    Args:
        body: What holds it, at the top of the request.
        key: Its name.
        least: A whole number (an `int`) if only whole numbers will do.
        most: The greatest.

    Raises:
        ApiError: It names the field and the bound.
    """
    value = body.get(key)
    if value is None:
        return
    is_whole = isinstance(least, int)
    kind = "integer" if is_whole else "decimal"
    if not is_number(value) or (is_whole and not isinstance(value, int)):
        wanted = "an integer" if is_whole else "a number"
        raise invalid(key, f"Invalid type for '{key}': expected {wanted}.", code="invalid_type")
    if value < least:
        raise _out_of_range(
            key, f"{kind} below minimum value", f">= {least:g}", value, f"{kind}_below_min_value"
        )
    if value > most:
        raise _out_of_range(
            key, f"{kind} above maximum value", f"<= {most:g}", value, f"{kind}_above_max_value"
        )


def check_choice(value: object, choices: Sequence[str], param: str) -> None:
    """Refuse a value that is none of the choices; an absent one passes.

    Raises:
        ApiError: It lists what there is.
    """
    if value is not None and value not in choices:
        quoted = [f"'{choice}'" for choice in choices]
        listed = " and ".join(quoted) if len(quoted) < 3 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"  # noqa: PLR2004
        raise invalid(
            param, f"Invalid value: '{value}'. Supported values are: {listed}.", code="invalid_value"
        )


def _out_of_range(key: str, problem: str, bound: str, value: object, code: str) -> ApiError:
    message = f"Invalid '{key}': {problem}. Expected a value {bound}, but got {value} instead."
    return invalid(key, message, code=code)
