"""Which errors stay, however often a record comes back: who handles it for the last time has to end it."""

from botocore.exceptions import BotoCoreError, ClientError

from contracts.errors import PayloadLostError, RunrelayError

REFUSED_AS_WRONG = frozenset({"ValidationException", "TransactionCanceledException"})
"""What AWS says to a request that is wrong, however often it comes."""


def will_stay(error: Exception) -> bool:
    """Say whether an error comes of what we do, or of what is gone; what we stand on may be well later."""
    if isinstance(error, ClientError):
        return error.response["Error"]["Code"] in REFUSED_AS_WRONG
    return isinstance(error, PayloadLostError) or not isinstance(error, RunrelayError | BotoCoreError)
