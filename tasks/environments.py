"""The environments of `samconfig.toml`: each is a stack of its own, with parameters of its own."""

import shlex
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from runrelay.command_line import CommandError
from tasks.checkout import ROOT

CONFIG: Final = ROOT / "samconfig.toml"


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment.

    Attributes:
        parameters: Template parameters, as strings.
    """

    name: str
    stack_name: str
    parameters: Mapping[str, str]

    @classmethod
    def read(cls, name: str) -> "Environment":
        """Read an environment.

        Raises:
            CommandError: There is no such, or it names no stack.
        """
        config: dict[str, Any] = tomllib.loads(CONFIG.read_text())
        known = [
            each for each, sections in config.items() if isinstance(sections, dict) and "deploy" in sections
        ]
        if name not in known:
            raise CommandError(f"{CONFIG.name} has no environment {name}: it has {', '.join(known)}.")
        sections = config[name]
        settings = sections.get("global", {}).get("parameters", {}) | sections["deploy"].get("parameters", {})
        if not settings.get("stack_name"):
            raise CommandError(f"{CONFIG.name}: environment {name} names no stack (stack_name).")
        return cls(name, settings["stack_name"], _parameters(settings.get("parameter_overrides", [])))


def _parameters(overrides: str | list[str]) -> dict[str, str]:
    """Read what SAM takes there: a list of `Name=value`, or all of them in one string."""
    pairs = shlex.split(overrides) if isinstance(overrides, str) else overrides
    named = (pair.partition("=") for pair in pairs)
    return {name: value for name, _, value in named}
