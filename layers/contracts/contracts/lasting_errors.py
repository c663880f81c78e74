"""Which errors stay, however often a record comes back: who handles it for the last time has to end it."""

from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from contracts.errors import PayloadLostError, RunrelayError, UnreadableItemError

WRONG = "ValidationException"
"""What AWS says to a request that is wrong, however often it comes."""

CANCELLED = "TransactionCanceledException"
WRONG_IN_TRANSACTION = frozenset({"ValidationError", "ItemCollectionSizeLimitExceeded"})
"""The same, of one of a transaction's actions; its other reasons pass: throttled, or overtaken."""


def will_stay(error: Exception) -> bool:
    """Say whether an error comes of what we do, or of what is gone; what we stand on may be well later."""
    if isinstance(error, ClientError):
        response: Any = error.response  # the stubs do not know of a cancelled transaction's reasons
        reasons = {each.get("Code") for each in response.get("CancellationReasons", ())}
        code = response["Error"]["Code"]
        return code == WRONG or (code == CANCELLED and not reasons.isdisjoint(WRONG_IN_TRANSACTION))
    is_lost = isinstance(error, PayloadLostError | UnreadableItemError)
    return is_lost or not isinstance(error, RunrelayError | BotoCoreError)
