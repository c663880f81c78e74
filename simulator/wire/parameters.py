"""The parameters of requests that create or change something, as in the SDK; a test compares them.

Not here: those of a response, of which there is more to refuse (`responses.refusals`).
"""

# `spend_control` has left the SDK, and maybe not the API.
SESSION_UPDATE = ("agent", "metadata", "prompt_cache_options", "review", "spend_control")
SESSION = (*SESSION_UPDATE, "agent_id", "environment", "input", "stream", "stream_options", "vault_ids")
SESSION_EVENTS = ("events",)
AGENT = (
    "compaction", "experimental", "instructions", "metadata", "model", "multi_agent", "name", "reasoning",
    "service_tier", "text", "tools",
)  # fmt: skip
ENVIRONMENT = ("environment", "vault_ids")
TEMPLATE = (
    "capability_directories", "desktop", "env", "files", "name", "network", "packages", "plugins",
    "setup_commands", "skills",
)  # fmt: skip
CONVERSATION = ("items", "metadata")
CONVERSATION_ITEMS = ("items",)
COMPACTION = (
    "image", "input", "instructions", "model", "previous_response_id", "prompt_cache_key",
    "prompt_cache_options", "prompt_cache_retention", "service_tier",
)  # fmt: skip
INPUT_TOKENS = (
    "conversation", "input", "instructions", "model", "parallel_tool_calls", "personality",
    "previous_response_id", "reasoning", "text", "tool_choice", "tools", "truncation",
)  # fmt: skip
ASSISTANT = (
    "description", "instructions", "metadata", "model", "name", "reasoning_effort", "response_format",
    "temperature", "tool_resources", "tools", "top_p",
)  # fmt: skip
THREAD = ("messages", "metadata", "tool_resources")
THREAD_UPDATE = ("metadata", "tool_resources")
MESSAGE = ("attachments", "content", "metadata", "role")
METADATA = ("metadata",)
_ANY_RUN = (
    "assistant_id", "instructions", "max_completion_tokens", "max_prompt_tokens", "metadata", "model",
    "parallel_tool_calls", "response_format", "stream", "temperature", "tool_choice", "tools", "top_p",
    "truncation_strategy",
)  # fmt: skip
RUN = (*_ANY_RUN, "additional_instructions", "additional_messages", "reasoning_effort")
THREAD_AND_RUN = (*_ANY_RUN, "thread", "tool_resources")
TOOL_OUTPUTS = ("tool_outputs", "stream")
