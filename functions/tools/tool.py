"""The `@tool` decorator: a typed Python function becomes a tool the model can call."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import update_wrapper
from typing import Any, Literal, get_args

from contracts.catalog import Approval, CatalogEntry, WhenUnknown
from contracts.records import Effect, Executor, Repeats

from functions.tools.asked_functions import check_approval, check_verify, wanted
from functions.tools.declarations import (
    FUNCTION_SECONDS,
    check_attempts,
    check_lambda_name,
    check_timeout,
    check_word,
)
from functions.tools.signature import CONTEXT_PARAMETER, Signature
from functions.tools.verdict import CannotTell, Done, NotDone, Verdict

__all__ = ["CannotTell", "Done", "NotDone", "Tool", "ToolContext", "ToolError", "Verdict", "tool"]

type ApprovalPolicy = Callable[..., bool]
"""Whether a person decides about a call, from its arguments, by their names, and its `context`."""

type Verify = Callable[[str, Mapping[str, Any]], Verdict]
"""Says whether a call took effect, from its idempotency key and its arguments."""


class ToolError(Exception):
    """A failure that the model may be told about, in the words given."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the call it serves.

    Attributes:
        idempotency_key: The same for every attempt of this call; give it to whatever has the side effect.
        attempt: How often the call was begun: 1 for the first time, and one more for each death of a function
            that ran it and each time that a person has it run again.
        deadline: When the call will be ended.
        metadata: The run's own.
        traceparent: Of the call's span (W3C Trace Context): spans of the tool's own hang under it.
    """

    run_id: str
    call_id: str
    idempotency_key: str
    attempt: int
    deadline: datetime
    metadata: Mapping[str, str]
    traceparent: str = ""


@dataclass(kw_only=True)
class Tool[**P = ..., R = Any]:
    """A function of the catalog, with what is declared about it. It can be called as the function it was."""

    function: Callable[P, R]
    effect: Effect
    approval: Approval | ApprovalPolicy
    timeout: int
    executor: Executor = "tools"
    lambda_function: str | None = None
    when_unknown: WhenUnknown = "tell_model"
    repeats: Repeats = "run"
    max_attempts: int = 3
    verify_function: Verify | None = field(default=None, init=False)
    signature: Signature = field(init=False)

    def __post_init__(self) -> None:
        if isinstance(self.function, Tool):
            raise TypeError(f"@tool() stands twice above {self.function.name}: write it once")
        self.signature = Signature(self.function)
        update_wrapper(self, self.function, updated=())

    def __call__(self, *arguments: P.args, **named: P.kwargs) -> R:
        """Call the function, as a test of it does: nothing is checked, recorded or repeated."""
        return self.function(*arguments, **named)

    def __set_name__(self, owner: type, name: str) -> None:
        """Refuse to be a method: nobody would find it, and nobody could call it without an instance."""
        raise TypeError(f"the tool {name} stands in the class {owner.__name__}: move it out of the class")

    @property
    def name(self) -> str:
        """The name the model calls it by."""
        return self.signature.name

    def verify[F: Verify](self, function: F) -> F:
        """Take a function as the one that says whether a call took effect; used as a decorator.

        It gets the call's idempotency key and its arguments, runs as the tool does, in a process of its own
        and for as long, and answers `Done(output)`, `NotDone()` or `CannotTell()`. Raising, hanging or
        answering anything else means that it cannot tell.

        Raises:
            TypeError: The tool has one already, or its effect asks for none.
        """
        if self.effect != "verify":
            raise TypeError(f"the tool {self.name} is {self.effect}: it is never verified")
        if self.verify_function is not None:
            raise TypeError(f"the tool {self.name} has two verify functions")
        self.verify_function = function
        return function

    @property
    def entry(self) -> CatalogEntry:
        """What others know of it without its code, where the tool function's timeout is the usual one."""
        return self.entry_for(FUNCTION_SECONDS)

    def entry_for(self, function_seconds: int) -> CatalogEntry:
        """Say what others know of it without its code.

        Args:
            function_seconds: The timeout of the function that is to run it.

        Raises:
            TypeError: The function cannot be a tool, or not one like that; the message names it.
        """
        self.signature.check(ToolContext)
        self._check(function_seconds)
        return CatalogEntry(
            name=self.name,
            description=self.signature.description,
            parameters=self.signature.schema,
            effect=self.effect,
            approval="by_arguments" if callable(self.approval) else self.approval,
            timeout=self.timeout,
            executor=self.executor,
            when_unknown=self.when_unknown,
            repeats=self.repeats,
            lambda_function=self.lambda_function,
            module=getattr(self.function, "__module__", ""),
        )

    def _check(self, function_seconds: int) -> None:
        """See whether the declarations are known and fit each other."""
        self._check_words()
        check_timeout(self.name, self.timeout, self._kind, function_seconds)
        check_attempts(self.name, self.max_attempts)
        self._check_effects()
        for kind, asked in (("approval", self.approval), ("verify", self.verify_function)):
            if isinstance(asked, Tool):
                raise TypeError(
                    f"the {kind} function of {self.name} is a tool, {asked.name}: write it with def"
                )
        if callable(self.approval):
            check_approval(self.name, self.approval, [*self.signature.parameters, CONTEXT_PARAMETER])
        if self.verify_function is not None:
            check_verify(self.name, self.verify_function)

    @property
    def _kind(self) -> Literal["external", "verify", "other"]:
        if self.executor == "external":
            return "external"
        return "verify" if self.effect == "verify" else "other"

    def _check_effects(self) -> None:
        is_external = self.executor == "external"
        if is_external and (
            callable(self.approval) or self.effect == "verify" or self.lambda_function is not None
        ):
            raise TypeError(
                f"the tool {self.name} is external: it has no approval function, no verify function "
                "and no Lambda function"
            )
        if self.effect == "verify" and self.verify_function is None:
            raise TypeError(f"the tool {self.name} is verify and has no verify function: @{self.name}.verify")
        if self.when_unknown == "ask_person" and (is_external or self.effect == "pure"):
            raise TypeError(
                f"the tool {self.name} is {'external' if is_external else 'pure'}: "
                "the outcome of its calls is never unknown; leave out when_unknown"
            )

    def _check_words(self) -> None:
        words = {"effect": Effect, "executor": Executor, "when_unknown": WhenUnknown, "repeats": Repeats}
        for name, type_of_it in words.items():
            check_word(self.name, name, getattr(self, name), get_args(type_of_it.__value__))
        if not callable(self.approval):
            check_word(self.name, "approval", self.approval, ("never", "always"), " or a function")
        if self.lambda_function is not None:
            check_lambda_name(self.name, self.lambda_function)

    def read_arguments(self, text: str) -> dict[str, Any]:
        """Read a call's arguments strictly.

        Raises:
            ValidationError: They break the schema.
        """
        return self.signature.read_arguments(text)

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:  # noqa: ANN401 - what tools return
        """Run the function with arguments that were read."""
        function: Callable[..., Any] = self.function
        return function(**wanted(function, {**arguments, CONTEXT_PARAMETER: context}))

    def needs_decision(self, arguments: Mapping[str, Any], context: ToolContext) -> bool:
        """Say whether a person decides before the call runs.

        Raises:
            TypeError: The approval function answered neither true nor false.
        """
        if not callable(self.approval):
            return self.approval != "never"
        answer: Any = self.approval(**wanted(self.approval, {**arguments, CONTEXT_PARAMETER: context}))
        if not isinstance(answer, bool):
            raise TypeError(f"the approval function of {self.name} answered with a {type(answer).__name__}")
        return answer


def _name_of(function: object) -> str:
    return getattr(function, "__name__", repr(function))


def tool[**P, R](  # noqa: PLR0913 - each says one thing about the tool
    function: None = None,
    /,
    *,
    effect: Effect = "once",
    approval: Approval | ApprovalPolicy = "never",
    timeout: int = 30,
    executor: Executor = "tools",
    lambda_function: str | None = None,
    when_unknown: WhenUnknown = "tell_model",
    repeats: Repeats = "run",
    max_attempts: int = 3,
) -> Callable[[Callable[P, R]], Tool[P, R]]:
    """Make a function a tool.

    Its parameters and their types become the JSON schema, its docstring the description (Google style: an
    `Args:` section describes the parameters). A keyword parameter `context` gets a `ToolContext`.

    Args:
        effect: What may be done if a call's outcome is unknown: `pure` runs again, `keyed` runs again with
            the same idempotency key, `verify` asks the tool's verify function first (`Tool.verify`), `once`
            is never run again.
        approval: Whether a person decides before the call runs: `never`, `always`, or a function of the
            arguments, such as `lambda cents: cents > 10_000`. It takes those it needs by their names, and
            `context` if it likes; a call about which it raises waits for a person.
        function: None; it is there to refuse `@tool` without parentheses in so many words.
        timeout: Seconds; then the call is ended, or no longer waited for, and the model is told.
        executor: `external` if something outside runs it and posts the output: the function is a stub.
        lambda_function: A Lambda function, in any language, that runs it: the function is a stub. The
            function's name is `<stack name>-tool-<lambda_function>`, 64 characters at most; by that alone
            it may be invoked. It gets `{"arguments": {...}, "context": {"run_id", "call_id",
            "idempotency_key", "attempt", "deadline", "metadata"}}`, and what it returns is the output: a
            string as it is, anything else as JSON.
        when_unknown: What becomes of a call that is not to be run again and whose outcome is unknown:
            `tell_model`, or `ask_person`, whose approval runs it again. That of a `pure` or external call
            never is.
        repeats: What becomes of a call that the model asks for again in a later turn, with the arguments of
            one that succeeded: `run`, for it is the model's will, or `share`, and it gets the outcome of the
            first. Whatever is said here, a `once` call is not run twice within one turn, nor again after one
            whose outcome is unknown.
        max_attempts: How often a call is begun at most when whatever runs it dies each time. Then a `pure`
            call has failed, and the outcome of any other is unknown.
    """
    if function is not None:
        raise TypeError(f"@tool is written with parentheses: @tool() above {_name_of(function)}")

    def make(function: Callable[P, R]) -> Tool[P, R]:
        return Tool(
            function=function,
            effect=effect,
            approval=approval,
            timeout=timeout,
            executor=executor,
            lambda_function=lambda_function,
            when_unknown=when_unknown,
            repeats=repeats,
            max_attempts=max_attempts,
        )

    return make
