"""The parameters of each type of tool, as in the SDK's `ToolParam`; a test compares them."""

from collections.abc import Mapping

from simulator.wire.bodies import JsonObject, check_known

WEB_SEARCH = ("type", "external_web_access", "filters", "search_context_size", "user_location")
WEB_SEARCH_PREVIEW = ("type", "search_content_types", "search_context_size", "user_location")
PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "function": (
        "type", "name", "description", "parameters", "strict", "async", "allowed_callers", "defer_loading",
        "output_schema",
    ),
    "file_search": ("type", "vector_store_ids", "filters", "max_num_results", "ranking_options"),
    "computer": ("type",),
    "computer_use_preview": ("type", "display_height", "display_width", "environment"),
    "web_search": WEB_SEARCH,
    "web_search_2025_08_26": WEB_SEARCH,
    "mcp": (
        "type", "server_label", "server_url", "server_description", "allowed_callers", "allowed_tools",
        "authorization", "connector_id", "defer_loading", "headers", "require_approval", "tunnel_id",
    ),
    "code_interpreter": ("type", "container", "allowed_callers"),
    "programmatic_tool_calling": ("type",),
    "image_generation": (
        "type", "action", "background", "complexity", "frame_count", "frame_duration_ms", "input_fidelity",
        "input_image_mask", "model", "moderation", "output_compression", "output_format", "partial_images",
        "quality", "size", "svg",
    ),
    "local_shell": ("type",),
    "shell": ("type", "environment", "allowed_callers"),
    "custom": ("type", "name", "description", "format", "async", "allowed_callers", "defer_loading"),
    "namespace": ("type", "name", "description", "tools"),
    "tool_search": ("type", "description", "execution", "parameters"),
    "web_search_preview": WEB_SEARCH_PREVIEW,
    "web_search_preview_2025_03_11": WEB_SEARCH_PREVIEW,
    "apply_patch": ("type", "allowed_callers"),
}  # fmt: skip
TYPES = tuple(PARAMETERS)


def check_tool_parameters(tool: JsonObject, where: str) -> None:
    """Refuse a parameter that a tool of this type does not have.

    Raises:
        ApiError: It names the first of them.
    """
    check_known(tool, PARAMETERS[tool["type"]], where)
