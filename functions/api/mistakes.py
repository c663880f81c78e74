"""What is wrong with a field for a reason that no schema says."""

from collections.abc import Iterable

from pydantic import ValidationError
from pydantic_core import InitErrorDetails, PydanticCustomError

type Mistake = tuple[tuple[str | int, ...], str]
"""Where it stands, from the validated value on, and a sentence."""


def mistakes_in(error: ValidationError) -> list[Mistake]:
    """Give what pydantic itself found wrong."""
    return [(found["loc"], found["msg"]) for found in error.errors(include_url=False, include_input=False)]


def refuse(mistakes: Iterable[Mistake]) -> None:
    """Have a validator refuse its value for all of them, each with its place; none are no reason.

    Raises:
        ValidationError: Pydantic adds its errors to those of the other fields.
    """
    details: list[InitErrorDetails] = [
        {"type": PydanticCustomError("rule", "{words}", {"words": words}), "loc": place, "input": None}
        for place, words in mistakes
    ]
    if details:
        raise ValidationError.from_exception_data("mistakes", details)
