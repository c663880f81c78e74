"""The user's tools: one file each. A new file here is a new tool; `make catalog` tells the others."""

from collections.abc import Iterator
from importlib import import_module
from inspect import isfunction
from pkgutil import iter_modules
from types import ModuleType

from functions.tools.tool import Tool


class CatalogError(ValueError):
    """A file of the catalog cannot be used; the message names it."""


def load_tools() -> dict[str, Tool]:
    """Import every module of this package and collect its tools by name.

    Raises:
        CatalogError: A file cannot be imported, has a tool that is none of its functions, or two tools have
            one name.
    """
    tools: dict[str, Tool] = {}
    for module_info in sorted(iter_modules(__path__), key=lambda info: info.name):
        name = f"{__name__}.{module_info.name}"
        try:
            module = import_module(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # what a file raises may end a process, as `sys.exit()` does
            reason = f"{type(error).__name__}: {error}"
            raise CatalogError(f"{file_of(name)} cannot be imported: {reason}") from error
        for tool in _tools_of(module):
            if tool.name in tools:
                others = file_of(_module_of(tools[tool.name]))
                raise CatalogError(f"{file_of(name)}: two tools are named {tool.name}, the other in {others}")
            tools[tool.name] = tool
    return tools


def _tools_of(module: ModuleType) -> Iterator[Tool]:
    """Give the tools that a file declares, and not those that it imports from another file of the catalog.

    Raises:
        CatalogError: One is neither, and would be left out without a word.
    """
    for variable, tool in vars(module).items():
        if not isinstance(tool, Tool):
            continue
        if _module_of(tool) == module.__name__:
            yield tool
        elif not _is_of_another_file(tool):
            raise CatalogError(f"{file_of(module.__name__)}: the tool {variable} {_why_it_is_none(tool)}")


def _is_of_another_file(tool: Tool) -> bool:
    name = _module_of(tool)
    if not name.startswith(f"{__name__}."):
        return False
    return any(each is tool for each in vars(import_module(name)).values())


def _why_it_is_none(tool: Tool) -> str:
    if not isfunction(tool.function):
        return f"is made of {tool.function!r}: make it of a plain function, with @tool() above its def"
    return (
        f"is a function of {_module_of(tool)}: declare it here, with @tool() above its def, "
        "and have each decorator of it use functools.wraps"
    )


def file_of(module_name: str) -> str:
    """Name the file of a module."""
    return f"{module_name.replace('.', '/')}.py"


def _module_of(tool: Tool) -> str:
    return getattr(tool.function, "__module__", "")
