"""The `@tool` decorator: a typed Python function becomes a tool the model can call."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Annotated, Any, TypedDict, get_type_hints

import docstring_parser
from pydantic import Field, PydanticUserError, TypeAdapter
from runrelay.catalog import Approval, CatalogEntry
from runrelay.records import Effect

from functions.tools.strict_schema import NotStrictError, strict

CONTEXT_PARAMETER = "context"

_NAMELESS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.VAR_KEYWORD,
)


class ToolError(Exception):
    """A failure that the model may be told about, in the words given."""


@dataclass(frozen=True, slots=True)
class ToolContext:
    """What a tool may know of the call it serves.

    Attributes:
        idempotency_key: The same for every attempt of this call; give it to whatever has the side effect.
        attempt: 1 for the first.
        deadline: When the call will be ended.
        metadata: The run's own.
    """

    run_id: str
    call_id: str
    idempotency_key: str
    attempt: int
    deadline: datetime
    metadata: Mapping[str, str]


@dataclass(frozen=True)
class Tool:
    """A function of the catalog, with what is declared about it."""

    function: Callable[..., Any]
    effect: Effect
    approval: Approval
    timeout: int

    @property
    def name(self) -> str:
        """The name the model calls it by."""
        return self.function.__name__

    @cached_property
    def _arguments(self) -> TypeAdapter[dict[str, Any]]:
        documented = {parameter.arg_name: parameter.description for parameter in self._docstring.params}
        types = {
            name: Annotated[hint, Field(description=documented[name])] if documented.get(name) else hint
            for name, hint in self._parameters.items()
        }
        return TypeAdapter(TypedDict(f"{self.name}_arguments", types))  # type: ignore[operator] # no literal

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        """The parameters that the model gives, and their types."""
        hints = get_type_hints(self.function, include_extras=True)
        return {
            name: hints.get(name, Any)
            for name in inspect.signature(self.function).parameters
            if name != CONTEXT_PARAMETER
        }

    @property
    def entry(self) -> CatalogEntry:
        """What others know of it without its code.

        Raises:
            TypeError: The function cannot be a tool; the message names it and the parameter.
        """
        self._check_signature()
        return CatalogEntry(
            name=self.name,
            description=self._docstring.description or "",
            parameters=strict(self._arguments.json_schema()),
            effect=self.effect,
            approval=self.approval,
            timeout=self.timeout,
        )

    @cached_property
    def _docstring(self) -> docstring_parser.Docstring:
        return docstring_parser.parse(
            inspect.getdoc(self.function) or "", docstring_parser.DocstringStyle.GOOGLE
        )

    def _check_signature(self) -> None:
        if inspect.iscoroutinefunction(self.function):
            raise TypeError(f"the tool {self.name} is async; a tool is a plain function")
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind in _NAMELESS:
                raise TypeError(f"{name}, a parameter of the tool {self.name}, cannot be given by name")
            if parameter.annotation is parameter.empty and name != CONTEXT_PARAMETER:
                raise TypeError(f"{name}, a parameter of the tool {self.name}, has no type")
        try:
            parameters = self._parameters
        except NameError as error:
            raise TypeError(f"a type of the tool {self.name} is unknown: {error}") from error
        for name, hint in parameters.items():
            try:
                strict(TypeAdapter(hint).json_schema())
            except (NotStrictError, PydanticUserError) as error:
                raise TypeError(f"{name}, a parameter of the tool {self.name}: its type {error}") from error

    def read_arguments(self, text: str) -> dict[str, Any]:
        """Read a call's arguments strictly, at any depth: nothing missing, nothing more, no coercion.

        Raises:
            ValidationError: They break the schema.
        """
        return self._arguments.validate_json(text, strict=True, extra="forbid")

    def call(self, arguments: Mapping[str, Any], context: ToolContext) -> Any:  # noqa: ANN401 - what tools return
        """Run the function with arguments that were read."""
        if CONTEXT_PARAMETER in inspect.signature(self.function).parameters:
            return self.function(**arguments, context=context)
        return self.function(**arguments)


def tool(
    *, effect: Effect = "once", approval: Approval = "never", timeout: int = 30
) -> Callable[[Callable[..., Any]], Tool]:
    """Make a function a tool.

    Its parameters and their types become the JSON schema, its docstring the description (Google style: an
    `Args:` section describes the parameters). A keyword parameter `context` gets a `ToolContext`.

    Args:
        effect: What may be done if a call's outcome is unknown: `pure` runs again, `keyed` runs again with
            the same idempotency key, `verify` asks first, `once` is never run again.
        approval: Whether a person decides before the call runs.
        timeout: Seconds; then the call is ended and the model is told.
    """

    def make(function: Callable[..., Any]) -> Tool:
        return Tool(function, effect, approval, timeout)

    return make
