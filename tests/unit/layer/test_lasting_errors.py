"""Which errors end what a record is about, at its last receive: those that would come again."""

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError
from contracts.aws_json import AwsUnreachableError, error_class
from contracts.errors import PayloadLostError, RetryLaterError, StaleReadError, UnreadableItemError
from contracts.lasting_errors import will_stay


def refused(code: str, *reasons: str) -> ClientError:
    response = {"Error": {"Code": code}, "CancellationReasons": [{"Code": reason} for reason in reasons]}
    return ClientError(response, "TransactWriteItems")  # type: ignore[arg-type]


def refused_ourselves(code: str, *reasons: str) -> Exception:
    """Make what our own client raises for the same."""
    return error_class(code)(
        "TransactWriteItems",
        {
            "Error": {"Code": code, "Message": ""},
            "CancellationReasons": [{"Code": reason} for reason in reasons],
        },
    )


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError(),
        RecursionError(),
        PayloadLostError("key"),
        UnreadableItemError("run_1", "run", ["status"]),
        refused("ValidationException"),
        refused("TransactionCanceledException", "None", "ValidationError"),
        refused("TransactionCanceledException", "ThrottlingError", "ItemCollectionSizeLimitExceeded"),
        refused_ourselves("ValidationException"),
        refused_ourselves("TransactionCanceledException", "None", "ValidationError"),
    ],
    ids=repr,
)
def test_a_mistake_of_ours_stays(error):
    assert will_stay(error)


@pytest.mark.parametrize(
    "error",
    [
        StaleReadError(),
        RetryLaterError("x", delay_seconds=1),
        ReadTimeoutError(endpoint_url="https://aws"),
        refused("ThrottlingException"),
        refused("AccessDeniedException"),
        refused("TransactionCanceledException"),
        refused("TransactionCanceledException", "None", "ThrottlingError"),
        refused("TransactionCanceledException", "ProvisionedThroughputExceeded", "ConditionalCheckFailed"),
        AwsUnreachableError("PutItem: TimeoutError"),
        refused_ourselves("ThrottlingException"),
        refused_ourselves("TransactionCanceledException", "None", "ThrottlingError"),
    ],
    ids=repr,
)
def test_what_we_stand_on_may_be_well_later(error):
    assert not will_stay(error)
