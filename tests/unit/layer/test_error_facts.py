import json

from botocore.exceptions import ClientError
from contracts.error_facts import facts_of
from contracts.errors import ProviderRefusedError, QueueUnavailableError, UnreadableItemError

PRIVATE = "tulip"
DENIED = ClientError({"Error": {"Code": "AccessDenied", "Message": f"not to {PRIVATE}"}}, "SendMessage")


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    """Give an error as whoever catches it has it."""
    try:
        raise error from cause  # noqa: TRY301 - to be caught
    except Exception as caught:  # noqa: BLE001 - any
        return caught


def test_an_error_is_told_by_its_class_and_its_causes_with_the_code_that_aws_gave():
    facts = facts_of(raised(QueueUnavailableError(PRIVATE), DENIED))

    assert (facts["error"], facts["causes"]) == ("QueueUnavailableError", ["ClientError AccessDenied"])
    assert [__file__ in line for line in facts["where"]] == [True]


def test_what_an_error_came_of_is_told_though_nobody_said_from():
    try:
        try:
            raise KeyError(PRIVATE)  # noqa: TRY301 - to be caught
        except KeyError:
            raise ValueError(PRIVATE)  # noqa: B904 - nobody says from
    except ValueError as caught:
        facts = facts_of(caught)

    assert (facts["error"], facts["causes"]) == ("ValueError", ["KeyError"])


def test_an_errors_own_words_are_not_told():
    errors = [
        raised(ValueError(PRIVATE), DENIED),
        raised(ProviderRefusedError("code", PRIVATE), KeyError(PRIVATE)),
        raised(UnicodeDecodeError("utf-8", PRIVATE.encode(), 0, 1, PRIVATE)),
    ]

    assert PRIVATE not in json.dumps([facts_of(error) for error in errors])


def test_of_an_item_that_cannot_be_read_it_is_told_which_it_is():
    unreadable = UnreadableItemError("run_1", "call#00001#call_1", ["outcome", "arguments"])
    name = "UnreadableItemError: the item call#00001#call_1 of run_1 cannot be read: outcome, arguments"

    assert facts_of(raised(unreadable))["error"] == name
    assert facts_of(raised(ValueError(PRIVATE), unreadable))["causes"] == [name]
