"""The tools of a package: its modules are imported, each on its own, and what they declare is collected.

A module that cannot be used takes its own tools out, and no others.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from inspect import isfunction
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from contracts.catalog import CatalogEntry

from functions.tools.tool import Tool


class CatalogError(ValueError):
    """A file of the catalog cannot be used; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class BrokenModule:
    """A module that gives no tools.

    Attributes:
        words: What is wrong with it, in one line that begins with its file.
    """

    name: str
    words: str
    error: BaseException

    def holds(self, module_name: str) -> bool:
        """Say whether a module is this one, or one that it would have to be imported for."""
        return f"{module_name}.".startswith(f"{self.name}.")


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a package came to.

    Attributes:
        modules: Those that could be imported, by name.
    """

    modules: list[str] = field(default_factory=list)
    tools: dict[str, Tool] = field(default_factory=dict)
    broken: list[BrokenModule] = field(default_factory=list)

    def out_of_order(self, catalog: Mapping[str, CatalogEntry]) -> dict[str, str]:
        """Say of each tool of the catalog that is not there for its module's sake what is wrong with that."""
        return {
            entry.name: each.words
            for entry in catalog.values()
            for each in self.broken
            if entry.name not in self.tools and each.holds(entry.module)
        }


def load_tools(package: str) -> Loaded:
    """Import every module of a package and collect its tools by name."""
    loaded = Loaded()
    for name in _names(package, loaded):
        try:
            tools = _unlike(_tools_of(import_module(name), package), loaded.tools)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - what a file raises may end a process, as `sys.exit()`
            loaded.broken.append(BrokenModule(name, _words(name, error, package), error))
        else:
            loaded.modules.append(name)
            loaded.tools.update(tools)
    return loaded


def file_of(module_name: str) -> str:
    """Name the file of a module."""
    return f"{module_name.replace('.', '/')}.py"


def _names(package: str, loaded: Loaded) -> Iterator[str]:
    """Name a package, its modules and those of the packages in it; each package is imported by then."""
    yield package
    if any(each.name == package for each in loaded.broken):
        return
    folders = list(import_module(package).__path__)
    for info in sorted(iter_modules(folders), key=lambda info: info.name):
        name = f"{package}.{info.name}"
        if info.ispkg:
            yield from _names(name, loaded)
        else:
            yield name
    loaded.broken.extend(_unimportable(package, folders))


def _unimportable(package: str, folders: Iterable[str]) -> Iterator[BrokenModule]:
    """Find the folders that would be left out without a word."""
    for folder in (each for path in folders for each in sorted(Path(path).iterdir())):
        if not (folder / "__init__.py").exists() and any(folder.glob("*.py")):
            name = f"{package}.{folder.name}"
            words = f"{name.replace('.', '/')} has no __init__.py: make an empty one"
            yield BrokenModule(name, words, CatalogError(words))


def _words(name: str, error: BaseException, package: str) -> str:
    """Say what is wrong with a file, and what to do about it where that is known."""
    if isinstance(error, CatalogError):
        return f"{file_of(name)}: {error}"
    reason = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{file_of(name)} cannot be imported: {reason}{_hint(error, package)}"


def _hint(error: BaseException, package: str) -> str:
    """Name the file of a team's folder in which something is missing; what Runrelay's own needs, it has."""
    match error:
        case _ if "." in package:
            return ""
        case ModuleNotFoundError(name=str(name)) if not f"{name}.".startswith(f"{package}."):
            return f"; a package that it needs is named in {package}/requirements.txt"
        case KeyError() if _comes_of_the_environment(error):
            return f"; a variable that it needs is given in {package}/environment.yaml"
        case _:
            return ""


def _comes_of_the_environment(error: KeyError) -> bool:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return trace is not None and trace.tb_frame.f_code is type(os.environ).__getitem__.__code__


def _unlike(tools: Iterable[Tool], known: Mapping[str, Tool]) -> dict[str, Tool]:
    """Collect the tools of one file by name.

    Raises:
        CatalogError: There is one of that name already.
    """
    own: dict[str, Tool] = {}
    for tool in tools:
        if twin := own.get(tool.name) or known.get(tool.name):
            raise CatalogError(f"two tools are named {tool.name}, the other in {file_of(module_of(twin))}")
        own[tool.name] = tool
    return own


def _tools_of(module: ModuleType, package: str) -> Iterator[Tool]:
    """Give the tools that a file declares, and not those that it imports from another file of the catalog.

    Raises:
        CatalogError: One is neither, and would be left out without a word.
    """
    for tool in _unnamed(module):
        raise CatalogError(f"the tool {tool.name} stands in a list alone: give it a variable of its own")
    for variable, tool in vars(module).items():
        if not isinstance(tool, Tool):
            continue
        if module_of(tool) == module.__name__:
            yield tool
        elif not _is_of_another_file(tool, package):
            raise CatalogError(f"the tool {variable} {_why_it_is_none(tool)}")


def _unnamed(module: ModuleType) -> Iterator[Tool]:
    """Give the tools that stand only in a list, a tuple or a dictionary of a file."""
    values = list(vars(module).values())
    named = {id(value) for value in values if isinstance(value, Tool)}
    for value in values:
        members = list(value.values()) if type(value) is dict else value
        if type(members) in (list, tuple):
            yield from (each for each in members if isinstance(each, Tool) and id(each) not in named)


def _is_of_another_file(tool: Tool, package: str) -> bool:
    name = module_of(tool)
    if not name.startswith(f"{package}."):
        return False
    return any(each is tool for each in vars(import_module(name)).values())


def _why_it_is_none(tool: Tool) -> str:
    if not isfunction(tool.function):
        return f"is made of {tool.function!r}: make it of a plain function, with @tool() above its def"
    return (
        f"is a function of {module_of(tool)}: declare it here, with @tool() above its def, "
        "and have each decorator of it use functools.wraps"
    )


def module_of(tool: Tool) -> str:
    """Name the module of a tool's function."""
    return getattr(tool.function, "__module__", "")
