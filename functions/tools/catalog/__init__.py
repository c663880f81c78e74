"""The user's tools: one file each. A new file here is a new tool; `make catalog` tells the others."""

from importlib import import_module
from pkgutil import iter_modules

from functions.tools.tool import Tool


def load_tools() -> dict[str, Tool]:
    """Import every module of this package and collect its tools by name.

    Raises:
        ValueError: Two tools have one name.
    """
    tools: dict[str, Tool] = {}
    for module_info in sorted(iter_modules(__path__), key=lambda info: info.name):
        module = import_module(f"{__name__}.{module_info.name}")
        for tool in vars(module).values():
            if not isinstance(tool, Tool) or tool.function.__module__ != module.__name__:
                continue
            if tool.name in tools:
                raise ValueError(f"two tools are named {tool.name}")
            tools[tool.name] = tool
    return tools
