"""What is declared about a tool fits together, or it is refused by name when the catalog is made."""

from collections.abc import AsyncIterator, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache, partial
from typing import Any

import pytest

from functions.tools.tool import Done, Tool, ToolContext, Verdict, tool

CONTEXT = ToolContext("run_1", "call_1", "key", 1, datetime.now(UTC), {})


def charge_of(**declared: Any) -> Tool:
    @tool(**declared)
    def charge(order_id: str, cents: int) -> str:
        return "charged"

    return charge


def was_charged(key: str, arguments: Mapping[str, Any]) -> Verdict:
    return Done(f"{key} {arguments}")


def test_what_is_not_declared_is_the_careful_choice():
    entry = charge_of().entry

    assert (entry.effect, entry.executor, entry.when_unknown) == ("once", "tools", "tell_model")
    assert (entry.repeats, entry.lambda_function, entry.approval) == ("run", None, "never")


def test_an_entry_says_who_runs_it_and_what_becomes_of_it():
    entry = charge_of(lambda_function="pricing", when_unknown="ask_person", repeats="share").entry

    assert (entry.lambda_function, entry.when_unknown, entry.repeats) == ("pricing", "ask_person", "share")
    assert charge_of(executor="external").entry.executor == "external"


@pytest.mark.parametrize("declared", [{"timeout": 1}, {"timeout": 110}, {"max_attempts": 1}], ids=str)
def test_the_least_and_the_most_that_may_be_declared_are_taken(declared):
    assert charge_of(**declared).entry.name == "charge"


def test_an_approval_function_is_not_told_to_others():
    assert charge_of(approval=lambda cents: cents > 1).entry.approval == "by_arguments"


def test_a_verify_function_stays_a_function():
    charge = charge_of(effect="verify")

    decorated = charge.verify(was_charged)

    assert decorated is was_charged
    assert charge.verify_function is was_charged
    assert charge.entry.effect == "verify"


def test_a_tool_to_be_verified_needs_a_verify_function():
    with pytest.raises(TypeError, match="charge is verify and has no verify function"):
        _ = charge_of(effect="verify").entry


@pytest.mark.parametrize("effect", ["pure", "keyed", "once"])
def test_a_verify_function_is_for_tools_to_be_verified(effect):
    with pytest.raises(TypeError, match=f"charge is {effect}"):
        charge_of(effect=effect).verify(was_charged)


def test_a_tool_has_one_verify_function():
    charge = charge_of(effect="verify")
    charge.verify(was_charged)

    with pytest.raises(TypeError, match="charge has two verify functions"):
        charge.verify(was_charged)


@pytest.mark.parametrize(
    "function", [lambda: None, lambda key: None, lambda key, arguments, more: None, lambda *, key: None]
)
def test_a_verify_function_takes_the_key_and_the_arguments(function):
    charge = charge_of(effect="verify")
    charge.verify(function)

    with pytest.raises(TypeError, match="verify function of charge"):
        _ = charge.entry


@pytest.mark.parametrize(
    "policy",
    [lambda colour: True, lambda cents, /: True, lambda *arguments, colour: True, lambda order_id, key: True],
)
def test_an_approval_function_takes_arguments_of_its_tool_by_name(policy):
    with pytest.raises(TypeError, match="approval function of charge"):
        _ = charge_of(approval=policy).entry


async def in_time(**_: Any) -> bool:
    return True


async def one_by_one(**_: Any) -> AsyncIterator[bool]:
    yield True


def bit_by_bit(**_: Any) -> Iterator[bool]:
    yield True


class Patient:
    async def __call__(self, **_: Any) -> bool:
        return True


UNANSWERED = [in_time, one_by_one, bit_by_bit, Patient(), partial(in_time, cents=1)]


@pytest.mark.parametrize(
    "function", UNANSWERED, ids=["async", "async generator", "generator", "object", "partial"]
)
def test_a_function_that_never_answers_is_refused(function):
    verified = charge_of(effect="verify")
    verified.verify(function)

    with pytest.raises(
        TypeError, match=r"the approval function of charge is async or a generator.*: write def"
    ):
        _ = charge_of(approval=function).entry
    with pytest.raises(
        TypeError, match=r"the verify function of charge is async or a generator.*: write def"
    ):
        _ = verified.entry


class Opaque:
    __signature__ = "none"

    def __call__(self, *_: Any, **__: Any) -> bool:
        return True


class Verdicts:
    def __init__(self, *_: object) -> None: ...

    def was_charged(self, key: str, arguments: Mapping[str, Any]) -> Verdict:
        return Done(f"{key} {arguments}")

    __call__ = was_charged


UNREADABLE = {
    "dict": dict,
    "int": int,
    "bool": bool,
    "a class": Verdicts,
    "partial of dict": partial(dict),
    "partial of a class": partial(partial(Verdicts, 1), 2),
    "a builtin": print,
    "a builtin without a signature": max,
    "a builtin method": {}.get,
    "an odd signature": Opaque(),
}


@pytest.mark.parametrize("function", UNREADABLE.values(), ids=UNREADABLE)
def test_a_class_a_builtin_and_what_has_no_signature_are_refused(function):
    verified = charge_of(effect="verify")
    verified.verify(function)

    with pytest.raises(
        TypeError, match=r"the approval function of charge is a class, a builtin or .*: write it with def"
    ):
        _ = charge_of(approval=function).entry
    with pytest.raises(
        TypeError, match=r"the verify function of charge is a class, a builtin or .*: write it with def"
    ):
        _ = verified.entry


@pytest.mark.parametrize("function", [7, "was_charged", charge_of()], ids=["number", "text", "tool"])
def test_a_verify_function_that_cannot_be_called_is_refused(function):
    verified = charge_of(effect="verify")
    verified.verify(function)

    with pytest.raises(TypeError, match=r"the verify function of charge is .*: write it with def"):
        _ = verified.entry


@pytest.mark.parametrize(
    "function",
    [cache(was_charged), partial(was_charged), Verdicts(), Verdicts().was_charged],
    ids=["cached", "partial", "object", "method"],
)
def test_whatever_is_called_like_a_function_may_verify(function):
    verified = charge_of(effect="verify")
    verified.verify(function)

    assert verified.entry.effect == "verify"


@pytest.mark.parametrize(
    "policy",
    [cache(lambda cents: cents > 1), partial(lambda cents, most: cents > most, most=1)],
    ids=["cached", "partial"],
)
def test_whatever_is_called_like_a_function_may_approve(policy):
    assert charge_of(approval=policy).entry.approval == "by_arguments"


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        ({"executor": "external"}, "charge is external: .* is never unknown; leave out when_unknown"),
        ({"effect": "pure"}, "charge is pure: .* is never unknown; leave out when_unknown"),
    ],
    ids=["external", "pure"],
)
def test_nobody_is_asked_about_what_is_never_unknown(declared, words):
    with pytest.raises(TypeError, match=words):
        _ = charge_of(when_unknown="ask_person", **declared).entry


def test_nobody_verifies_what_runs_elsewhere():
    charge = charge_of(executor="external", effect="verify")
    charge.verify(was_charged)

    with pytest.raises(TypeError, match=r"charge is external: .* verify"):
        _ = charge.entry


@pytest.mark.parametrize(
    "declared",
    [{"approval": lambda: True}, {"lambda_function": "pricing"}],
    ids=["a policy", "a Lambda function"],
)
def test_nothing_here_runs_or_asks_for_an_external_tool(declared):
    with pytest.raises(TypeError, match="charge is external"):
        _ = charge_of(executor="external", **declared).entry


@pytest.mark.parametrize(
    "name",
    ["", "a b", "pricing:live", "arn:aws:lambda:eu-west-1:123456789012:function:x", "../x", "*", "pricing\n"],
)
def test_a_lambda_function_is_named_by_the_end_of_its_name(name):
    with pytest.raises(TypeError, match="Lambda function of charge is no plain name"):
        _ = charge_of(lambda_function=name).entry


def test_the_name_of_a_lambda_function_leaves_room_for_that_of_the_stack():
    assert charge_of(lambda_function="x" * 57).entry.lambda_function == "x" * 57
    with pytest.raises(
        TypeError, match=r"Lambda function of charge has a name of 58 characters: give 57 at most"
    ):
        _ = charge_of(lambda_function="x" * 58).entry


def test_arguments_of_a_call_cannot_stand_for_its_context():
    @tool(approval=lambda context: context is not CONTEXT)
    def who(name: str, *, context: ToolContext) -> str:
        return context.run_id

    assert who.needs_decision({"name": "x"}, CONTEXT) is False
    assert who.call({"name": "x"}, CONTEXT) == "run_1"
