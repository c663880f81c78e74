"""What a function's signature and docstring tell the model, and the arguments the model gives in return."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any, TypedDict, get_type_hints

import docstring_parser
from contracts.arguments import arguments_text
from pydantic import Field, PydanticUserError, TypeAdapter

from functions.tools.strict_schema import NotStrictError, strict

CONTEXT_PARAMETER = "context"

_NAMELESS = (
    inspect.Parameter.POSITIONAL_ONLY,
    inspect.Parameter.VAR_POSITIONAL,
    inspect.Parameter.VAR_KEYWORD,
)


@dataclass(frozen=True)
class Signature:
    """A tool's function, seen from outside."""

    function: Callable[..., Any]

    @property
    def name(self) -> str:
        """The name the model calls it by."""
        return self.function.__name__

    @property
    def description(self) -> str:
        """Its docstring, without the sections that describe the parameters."""
        return self._docstring.description or ""

    @property
    def schema(self) -> dict[str, Any]:
        """The strict JSON schema of its arguments."""
        return strict(self._arguments.json_schema())

    @cached_property
    def parameters(self) -> Mapping[str, Any]:
        """The parameters that the model gives, and their types."""
        hints = get_type_hints(self.function, include_extras=True)
        return {
            name: hints.get(name, Any)
            for name in inspect.signature(self.function).parameters
            if name != CONTEXT_PARAMETER
        }

    @cached_property
    def _arguments(self) -> TypeAdapter[dict[str, Any]]:
        documented = {parameter.arg_name: parameter.description for parameter in self._docstring.params}
        types = {
            name: Annotated[hint, Field(description=documented[name])] if documented.get(name) else hint
            for name, hint in self.parameters.items()
        }
        return TypeAdapter(TypedDict(f"{self.name}_arguments", types))  # type: ignore[operator] # no literal

    @cached_property
    def _docstring(self) -> docstring_parser.Docstring:
        return docstring_parser.parse(
            inspect.getdoc(self.function) or "", docstring_parser.DocstringStyle.GOOGLE
        )

    def check(self) -> None:
        """See whether the function can be a tool.

        Raises:
            TypeError: It cannot; the message names it and the parameter.
        """
        if inspect.iscoroutinefunction(self.function):
            raise TypeError(f"the tool {self.name} is async; a tool is a plain function")
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind in _NAMELESS:
                raise TypeError(f"{name}, a parameter of the tool {self.name}, cannot be given by name")
            if parameter.annotation is parameter.empty and name != CONTEXT_PARAMETER:
                raise TypeError(f"{name}, a parameter of the tool {self.name}, has no type")
        try:
            parameters = self.parameters
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
        return self._arguments.validate_json(arguments_text(text), strict=True, extra="forbid")
