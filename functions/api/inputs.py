"""What clients send, as the OpenAPI schema tells it."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, Self

from contracts.catalog import load_catalog
from contracts.content import is_content
from contracts.marks import MARKS, RUN_MARK, TURN_MARK
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)

from functions.api.create_bodies import mistakes, without_nulls
from functions.api.function_tools import function_tool_mistakes
from functions.api.listing import run_id_of
from functions.api.metadata import MAX_PAIRS, Metadata, utf8
from functions.api.mistakes import Mistake, mistakes_in, refuse


def _tool_in_catalog(name: str) -> str:
    if name not in load_catalog():
        raise ValueError(f"the catalog has no tool named {name}")
    return name


def _known_word(word: str) -> str:
    if word not in INCLUDED:
        raise ValueError(f"{word!r} is not among what can be included: {', '.join(INCLUDED)}")
    return word


INCLUDED = ("request",)

type Include = Annotated[Literal["request"], BeforeValidator(_known_word)]
type Cursor = Annotated[str, AfterValidator(run_id_of)]

type Subject = Annotated[str, Field(min_length=1, max_length=256), AfterValidator(utf8)]


def words_of(given: object) -> object:
    """Part what a query holds of a parameter that takes several words, with commas between."""
    texts = given if isinstance(given, list) else [given]
    return [word for text in texts for word in (text.split(",") if isinstance(text, str) else [text])]


def _with_plus(given: object) -> object:
    """Read a moment whose `+` a query has turned into a space."""
    return given.replace(" ", "+") if isinstance(given, str) and "T" in given else given


type Moment = Annotated[AwareDatetime, BeforeValidator(_with_plus)]
"""Such as `2026-11-21T09:30:00Z`: with a time zone."""


class StartRun(BaseModel):
    """A run to start."""

    model_config = ConfigDict(extra="forbid", strict=True)

    kind: Literal["response", "session", "thread"] = Field(
        description="The OpenAI API the run lives on: `response` is a background Response, `session` one of "
        "the Agents API, `thread` a run of the Assistants API, which OpenAI closed on 2026-08-26; compatible "
        "servers have it."
    )
    request: Annotated[dict[str, Any], AfterValidator(utf8)] = Field(
        description="The OpenAI create body of that kind. What is wrong with it beyond the rules here ends "
        "the run with OpenAI's own words. Function tools are named in `tools`, and not here. `stream` "
        "is false or left out. A null is absence where OpenAI's schema takes one, else a 422.\n\n"
        "`response`: the body of `POST /responses`. `background` and `store` are true or left out.\n\n"
        "`session`: the body of `POST /agents/sessions`, with `agent` or `agent_id`. The environment is none "
        "unless it names one; `input` is then required.\n\n"
        "`thread`: the body of `POST /threads/runs`, with `assistant_id`; or with `thread_id` besides, "
        "the body of a run on that thread."
    )
    tools: list[Annotated[str, AfterValidator(utf8), AfterValidator(_tool_in_catalog)]] = Field(
        default=[],
        max_length=128,
        description="Names of the catalog's tools that may be run, and that the model is offered. A session "
        "with `agent_id` and no `agent` is offered none, for they would replace the saved agent's: that one "
        "has to offer them itself, by the same names, and those named here may be run.",
    )
    subject: Subject | None = Field(
        default=None,
        description="Whose run it is, or what it is about: a customer, a tenant, a conversation, an order. "
        "`GET /runs?subject=` finds it. It is not sent to OpenAI.",
    )
    deadline_seconds: int = Field(
        default=86_400,
        ge=1,
        le=30 * 86_400,
        description="After that the run is cancelled and ends `expired`.",
    )
    max_turns: int = Field(
        default=20,
        ge=1,
        le=1000,
        description="A run that asks for more calls after that many ends `incomplete`.",
    )
    metadata: Metadata = Field(
        default={},
        description=f"Sent on to OpenAI beside our `{RUN_MARK}` and `{TURN_MARK}`, as is the request's own: "
        f"{MAX_PAIRS} pairs together, each once.",
    )

    @property
    def create_body(self) -> dict[str, Any]:
        """OpenAI's create body, without what is null."""
        return without_nulls(self.request)

    @property
    def all_metadata(self) -> dict[str, str]:
        """The caller's metadata, wherever it stood."""
        return {**self.create_body.get("metadata", {}), **self.metadata}

    @field_validator("request")
    @classmethod
    def _check_request(cls, request: dict[str, Any], known: ValidationInfo) -> dict[str, Any]:
        if "kind" in known.data:
            refuse(mistakes(known.data["kind"], request))
        return request

    @model_validator(mode="wrap")
    @classmethod
    def _check_together(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        in_metadata = _metadata_mistakes(_object(given, "metadata"), _object(given, "request", "metadata"))
        return _validated(given, validate, [*in_metadata, *_tool_mistakes(given)])


def _validated[T](given: object, validate: Callable[[object], T], found: Sequence[Mistake]) -> T:
    """Validate a whole body, and refuse it for what was found wrong across its fields as well.

    Raises:
        ValidationError: For both together; a validator of one field sees no other that is wrong itself.
    """
    try:
        valid = validate(given)
    except ValidationError as error:
        refuse([*mistakes_in(error), *found])
        raise
    refuse(found)
    return valid


def _object(given: object, *path: str) -> Mapping[str, object]:
    """Find an object in a body that may be anything; an empty one if there is none."""
    for name in path:
        given = given.get(name) if isinstance(given, dict) else None
    return given if isinstance(given, dict) else {}


def _metadata_mistakes(metadata: Mapping[str, object], in_request: Mapping[str, object]) -> Iterator[Mistake]:
    yield from ((("metadata", name), "is Runrelay's own") for name in MARKS if name in metadata)
    for name in metadata:
        if name in in_request:
            yield ("metadata", name), "stands in request.metadata as well: say it once"
    if (pairs := len({*metadata, *in_request})) > MAX_PAIRS:
        words = f"at most {MAX_PAIRS} pairs, with those of request.metadata, and there are {pairs}"
        yield ("metadata",), words


def _tool_mistakes(given: object) -> Iterator[Mistake]:
    kind, named = (given.get("kind"), given.get("tools")) if isinstance(given, dict) else (None, None)
    words = [name for name in named if isinstance(name, str)] if isinstance(named, list) else []
    yield from function_tool_mistakes(str(kind), _object(given, "request"), words, load_catalog())


class Decide(BaseModel):
    """A person's decision on a call."""

    model_config = ConfigDict(extra="forbid", strict=True)

    approve: bool = Field(description="Whether what the model asked for may be done.")
    reason: Annotated[str, Field(max_length=1000), AfterValidator(utf8)] | None = Field(
        default=None, description="Why; the model is told the reason of a refusal."
    )


def _without_default(schema: dict[str, Any]) -> None:
    """Have the schema say that a field is left out or given, and nothing of what we make of it then."""
    del schema["default"]


class GiveOutput(BaseModel):
    """What came of a call that something outside executes: either an output or an error."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={"oneOf": [{"required": ["output"]}, {"required": ["error"]}]},
    )

    output: Annotated[Any, AfterValidator(utf8)] = Field(
        default=None,
        description="What the model is told: a string as it is; a list of OpenAI's content parts "
        "(`input_text`, `input_image`, `input_file`) as such; any other JSON as its text.",
    )
    error: Annotated[str, Field(min_length=1, max_length=2000), AfterValidator(utf8)] = Field(
        default="",
        description="Why there is no output, in words for the model; the call has failed.",
        json_schema_extra=_without_default,
    )

    @property
    def text(self) -> str | None:
        """The output as the model gets it; none if there is an error instead."""
        if self.error:
            return None
        return self.output if isinstance(self.output, str) else json.dumps(self.output, ensure_ascii=False)

    @property
    def is_content(self) -> bool:
        """Whether the output is a list of content parts."""
        return "output" in self.model_fields_set and is_content(self.output)

    @model_validator(mode="wrap")
    @classmethod
    def _check_one(cls, given: Any, validate: ModelWrapValidatorHandler[Self]) -> Self:  # noqa: ANN401
        return _validated(given, validate, _one_too_many(given) if isinstance(given, dict) else [])


def _one_too_many(given: Mapping[str, Any]) -> list[Mistake]:
    names = [name for name in GiveOutput.model_fields if name in given]
    words = "give either an output or an error"
    return [((name,), words) for name in names or ["output"]] if len(names) != 1 else []
