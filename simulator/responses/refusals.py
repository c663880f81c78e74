"""What OpenAI refuses in the body of a create by itself, whatever else exists.

The parameters, tools and choices are those of the SDK's `ResponseCreateParams`; a test compares them.
"""

from simulator.responses.tool_choice import check_tool_choice
from simulator.responses.tool_parameters import TYPES, check_tool_parameters
from simulator.wire.bodies import JsonObject, check_known, objects_in
from simulator.wire.errors import invalid, missing_parameter
from simulator.wire.functions import check_function_names, check_parameters, strictness_flaw
from simulator.wire.limits import check_choice, check_range

PARAMETERS = (
    "access_programs", "background", "background_options", "context_management", "conversation", "image",
    "include", "input", "instructions", "max_output_tokens", "max_tool_calls", "metadata", "model",
    "moderation", "parallel_tool_calls", "previous_response_id", "prompt", "prompt_cache_key",
    "prompt_cache_options", "prompt_cache_retention", "reasoning", "safety_identifier", "service_tier",
    "store", "stream", "stream_options", "temperature", "text", "tool_choice", "tools", "top_logprobs",
    "top_p", "truncation", "user",
)  # fmt: skip
MOVED = {"reasoning_effort": "reasoning.effort", "response_format": "text.format"}
# By the path of the parameter: what it may say.
CHOICES = {
    "service_tier": ("auto", "default", "flex", "scale", "priority", "fast", "ultrafast"),
    "truncation": ("auto", "disabled"),
    "reasoning.effort": ("none", "minimal", "low", "medium", "high", "xhigh", "max"),
    "reasoning.summary": ("auto", "concise", "detailed"),
    "text.verbosity": ("low", "medium", "high"),
    "text.format.type": ("text", "json_schema", "json_object"),
    "background_options.completion_window": ("soonest", "2h", "8h"),
}  # fmt: skip
INCLUDABLE = (
    "file_search_call.results", "web_search_call.results", "web_search_call.action.sources",
    "message.input_image.image_url", "computer_call_output.output.image_url",
    "code_interpreter_call.outputs", "reasoning.encrypted_content", "message.output_text.logprobs",
)  # fmt: skip
# By the name of the parameter: what it may hold.
INNER_PARAMETERS = {
    "reasoning": ("effort", "summary", "generate_summary", "context", "mode"),
    "text": ("format", "verbosity"),
    "stream_options": ("include_obfuscation",),
    "background_options": ("completion_window", "continuation_id"),
}
LEAST_OUTPUT_TOKENS = 16
LATER = ("2h", "8h")
# What says what the model is to read; without any of them, there is nothing.
SOURCES = ("input", "prompt", "previous_response_id", "conversation")


def check_request(body: JsonObject) -> None:
    """Refuse what OpenAI would refuse, beyond the shapes of what the simulator itself reads.

    Raises:
        ApiError: With OpenAI's words where they are known.
    """
    _check_parameters(body)
    if all(body.get(key) is None for key in SOURCES):
        raise missing_parameter("input")
    check_range(body, "max_output_tokens", LEAST_OUTPUT_TOKENS)
    check_range(body, "max_tool_calls", 1)
    check_range(body, "top_logprobs", 0, 20)
    check_range(body, "temperature", 0.0, 2.0)
    check_range(body, "top_p", 0.0, 1.0)
    for path, choices in CHOICES.items():
        check_choice(_at(body, path), choices, path)
    for at, included in enumerate(body.get("include") or []):
        check_choice(included, INCLUDABLE, f"include[{at}]")
    _check_options(body)
    _check_format(body)
    tools = body.get("tools") or []
    for at, tool in enumerate(tools):
        _check_tool(tool, f"tools[{at}]")
    check_function_names(
        [(f"tools[{at}].name", tool["name"]) for at, tool in enumerate(tools) if _is_named(tool)]
    )
    if body.get("prompt") is None:  # a prompt brings tools of its own
        check_tool_choice(body.get("tool_choice"), tools)


def _check_parameters(body: JsonObject) -> None:
    for old, new in MOVED.items():
        if old in body:
            message = (
                f"Unsupported parameter: '{old}'. In the Responses API, this parameter has moved to '{new}'. "
                "Try again with the new parameter. See the API documentation for more information: "
                "https://platform.openai.com/docs/api-reference/responses/create."
            )
            raise invalid(None, message, code="unsupported_parameter")
    check_known(body, PARAMETERS)
    for key, known in INNER_PARAMETERS.items():
        if isinstance(body.get(key), dict):
            check_known(body[key], known, key)


def _check_options(body: JsonObject) -> None:
    """Refuse options of what is not asked for."""
    if body.get("stream_options") is not None and body.get("stream") is not True:
        message = "The 'stream_options' parameter is only allowed when 'stream' is enabled."
        raise invalid("stream_options", message)
    if _at(body, "background_options.completion_window") in LATER and body.get("background") is not True:
        # That OpenAI wants it in the background is known, its words are not.
        message = "A 'completion_window' other than 'soonest' needs 'background' to be true."
        raise invalid("background_options.completion_window", message)


def _check_format(body: JsonObject) -> None:
    """Refuse a strict format whose schema is not strict."""
    form = _at(body, "text.format")
    if not isinstance(form, dict) or form.get("type") != "json_schema":
        return
    for key in ("name", "schema"):
        if form.get(key) is None:
            raise missing_parameter(f"text.format.{key}")
    flaw = strictness_flaw(form["schema"]) if form.get("strict") is True else None
    if flaw:
        raise invalid(
            "text.format.schema",
            f"Invalid schema for response_format '{form['name']}': {flaw}",
            code="invalid_json_schema",
        )


def _check_tool(tool: JsonObject, where: str) -> None:
    check_choice(tool["type"], TYPES, f"{where}.type")
    check_tool_parameters(tool, where)
    match tool:
        case {"type": "function"}:
            check_parameters(
                tool["name"],
                tool.get("parameters"),
                f"{where}.parameters",
                is_strict=tool.get("strict") is True,
            )
        case {"type": "custom", "name": str()}:
            pass
        case {"type": "custom" | "namespace"} if not isinstance(tool.get("name"), str):
            raise missing_parameter(f"{where}.name")
        case {"type": "namespace"}:
            _check_namespace(tool, where)


def _check_namespace(tool: JsonObject, where: str) -> None:
    """Check the tools of a namespace, whose names are its own."""
    inner = objects_in(tool.get("tools"))
    named = [(f"{where}.tools[{at}].name", each["name"]) for at, each in enumerate(inner) if _is_named(each)]
    check_function_names(named)


def _is_named(tool: JsonObject) -> bool:
    return tool.get("type") in ("function", "custom") and isinstance(tool.get("name"), str)


def _at(body: JsonObject, path: str) -> object:
    found: object = body
    for key in path.split("."):
        found = found.get(key) if isinstance(found, dict) else None
    return found
