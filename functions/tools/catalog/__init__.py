"""The user's tools: one file each. A new file here is a new tool; `make catalog` tells the others."""

from importlib import import_module
from pkgutil import iter_modules

from functions.tools.tool import Tool


class CatalogError(ValueError):
    """A file of the catalog cannot be used; the message names it."""


def load_tools() -> dict[str, Tool]:
    """Import every module of this package and collect its tools by name.

    Raises:
        CatalogError: A file cannot be imported, or two tools have one name.
    """
    tools: dict[str, Tool] = {}
    for module_info in sorted(iter_modules(__path__), key=lambda info: info.name):
        name = f"{__name__}.{module_info.name}"
        try:
            module = import_module(name)
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            raise CatalogError(f"{file_of(name)} cannot be imported: {reason}") from error
        for tool in vars(module).values():
            if not isinstance(tool, Tool) or _module_of(tool) != name:
                continue
            if tool.name in tools:
                others = file_of(_module_of(tools[tool.name]))
                raise CatalogError(f"{file_of(name)}: two tools are named {tool.name}, the other in {others}")
            tools[tool.name] = tool
    return tools


def file_of(module_name: str) -> str:
    """Name the file of a module."""
    return f"{module_name.replace('.', '/')}.py"


def _module_of(tool: Tool) -> str:
    return getattr(tool.function, "__module__", "")
