"""What a function's signature and docstring tell the model, and the arguments the model gives in return."""

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Annotated, Any, TypedDict, get_type_hints

import docstring_parser
from contracts.arguments import arguments_text
from pydantic import Field, TypeAdapter

from functions.tools.plain_function import async_functions, is_async, is_lazy
from functions.tools.schema_extras import check_aliases, check_extras
from functions.tools.schema_limits import check_size
from functions.tools.schema_values import check_values, is_utf8
from functions.tools.strict_schema import INSTEAD, NotStrictError, strict

CONTEXT_PARAMETER = "context"

MAX_REASON = 500

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")

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
        return getattr(self.function, "__name__", repr(self.function))

    @property
    def description(self) -> str:
        """Its docstring, without the sections that describe the parameters."""
        return (self._docstring.description or "").strip()

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
        return _adapter(self.name, types)

    @cached_property
    def _docstring(self) -> docstring_parser.Docstring:
        return docstring_parser.parse(
            inspect.getdoc(self.function) or "", docstring_parser.DocstringStyle.GOOGLE
        )

    def check(self, context_type: type) -> None:
        """See whether the function can be a tool.

        Args:
            context_type: Of the parameter that the model does not give.

        Raises:
            TypeError: It cannot; the message names it and the parameter.
        """
        self._check_function()
        self._check_docstring()
        self._check_parameters()
        for name, annotation in inspect.get_annotations(self.function).items():
            self._check_annotation(name, annotation)
        hints = get_type_hints(self.function)
        if CONTEXT_PARAMETER in inspect.signature(self.function).parameters:
            self._check_context(hints.get(CONTEXT_PARAMETER), context_type)
        for name, hint in self.parameters.items():
            self._check_type(name, hint, context_type)
        try:
            check_size(self.schema)
        except NotStrictError as error:
            raise TypeError(f"the tool {self.name}: the schema of its parameters {error}") from error

    def _check_annotation(self, name: str, annotation: object) -> None:
        where = "what it returns" if name == "return" else f"its parameter {name}"
        alone = SimpleNamespace(__annotations__={name: annotation})
        try:
            get_type_hints(alone, globalns=self.function.__globals__)
        except Exception as error:  # an annotation may hold any expression
            raise TypeError(f"a type of the tool {self.name} is unknown, of {where}: {error}") from error

    def _check_parameters(self) -> None:
        for name, parameter in inspect.signature(self.function).parameters.items():
            if parameter.kind in _NAMELESS:
                raise TypeError(
                    f"{name}, a parameter of the tool {self.name}, cannot be given by name: "
                    "write it without *, ** and /"
                )
            if parameter.annotation is parameter.empty and name != CONTEXT_PARAMETER:
                raise TypeError(f"{name}, a parameter of the tool {self.name}, has no type: annotate it")

    def _check_type(self, name: str, hint: Any, context_type: type) -> None:  # noqa: ANN401 - any annotation
        parameter = f"{name}, a parameter of the tool {self.name}"
        if hint is context_type:
            raise TypeError(f"{parameter}, is a {context_type.__name__}: name it context")
        try:
            adapter = _adapter(self.name, {name: hint})
            schema = strict(adapter.json_schema())
            check_values(schema)
            check_size(schema)
            check_extras(adapter.core_schema)
            check_aliases(adapter.core_schema)
        except NotStrictError as error:
            raise TypeError(f"{parameter}: its type {error}") from error
        except Exception as error:  # pydantic's own, or one of a type's own code
            reason = " ".join(str(error).split())[:MAX_REASON]
            raise TypeError(f"{parameter}: its type has no JSON schema: {reason}. {INSTEAD}") from error
        if is_lazy(adapter.core_schema):
            raise TypeError(
                f"{parameter}: its type is checked only while the tool runs, which is too late: write a list"
            )
        if unawaited := ", ".join(async_functions(adapter.core_schema)):
            raise TypeError(
                f"{parameter}: its type has async checks, which nobody awaits: {unawaited}: write def"
            )

    def _check_docstring(self) -> None:
        try:
            _ = self._docstring
        except docstring_parser.ParseError as error:
            raise TypeError(
                f"the docstring of the tool {self.name} cannot be read: {error}. Write it in Google's style, "
                "with a line for each parameter under `Args:`"
            ) from error
        if not is_utf8(inspect.getdoc(self.function) or ""):
            raise TypeError(
                f"the docstring of the tool {self.name} has half a surrogate pair, which UTF-8 cannot say: "
                "write the whole character"
            )

    def _check_context(self, hint: object, context_type: type) -> None:
        if hint is not context_type:
            raise TypeError(
                f"context, a parameter of the tool {self.name}, is no {context_type.__name__}: "
                "annotate it as one, or give it another name if the model is to write it"
            )

    def _check_function(self) -> None:
        if not inspect.isfunction(self.function):
            raise TypeError(f"{self.function!r} is no function: a tool is a plain function, made with def")
        if is_async(self.function):
            raise TypeError(f"the tool {self.name} is async; a tool is a plain function: write def")
        if not _NAME.fullmatch(self.name):
            raise TypeError(
                f"the tool {self.name} has a name that OpenAI does not take: "
                "use 1 to 64 letters, digits, _ and - of ASCII"
            )

    def read_arguments(self, text: str) -> dict[str, Any]:
        """Read a call's arguments strictly, at any depth: nothing missing, nothing more, no coercion.

        Raises:
            ValidationError: They break the schema.
        """
        return self._arguments.validate_json(arguments_text(text), strict=True, extra="forbid")


def _adapter(tool_name: str, types: Mapping[str, Any]) -> TypeAdapter[dict[str, Any]]:
    return TypeAdapter(TypedDict(f"{tool_name}_arguments", types))  # type: ignore[operator] # no literal
