"""Which errors stay, however often a record comes back: who handles it for the last time has to end it."""

from typing import Any

from contracts.aws_json import AwsTroubleError
from contracts.errors import PayloadLostError, RunrelayError, UnreadableItemError

WRONG = "ValidationException"
"""What AWS says to a request that is wrong, however often it comes."""

CANCELLED = "TransactionCanceledException"
WRONG_IN_TRANSACTION = frozenset({"ValidationError", "ItemCollectionSizeLimitExceeded"})
"""The same, of one of a transaction's actions; its other reasons pass: throttled, or overtaken."""

BOTOCORES = "botocore.exceptions"


def will_stay(error: Exception) -> bool:
    """Say whether an error comes of what we do, or of what is gone; what we stand on may be well later."""
    response: Any = getattr(error, "response", None)
    if is_of_aws(error) and isinstance(response, dict):
        reasons = {each.get("Code") for each in response.get("CancellationReasons", ())}
        code = response["Error"]["Code"]
        return code == WRONG or (code == CANCELLED and not reasons.isdisjoint(WRONG_IN_TRANSACTION))
    is_lost = isinstance(error, PayloadLostError | UnreadableItemError)
    return is_lost or not (isinstance(error, RunrelayError) or is_of_aws(error))


def is_of_aws(error: Exception) -> bool:
    """Say whether it was AWS that did not do it; botocore's errors are known without botocore."""
    return isinstance(error, AwsTroubleError) or any(
        each.__module__ == BOTOCORES for each in type(error).__mro__
    )
