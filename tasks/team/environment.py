"""`environment.yaml`: the variables of a team's tools, names to values."""

import re
from collections.abc import Collection, Iterator
from typing import Any, Final

import yaml

from runrelay.command_line import CommandError
from tasks.team.cloudformation import File, is_text, value_of

_NAME = re.compile(r"[a-zA-Z][a-zA-Z0-9_]+")
OF_LAMBDA: Final = ("AWS_", "LAMBDA_")


def read(file: File, own: Collection[str]) -> dict[str, Any]:
    """Read the variables, as a template takes them.

    Args:
        file: Where they stand.
        own: Names of Runrelay's variables.

    Raises:
        CommandError: Lambda or Runrelay would not have it; a line for each mistake.
    """
    root = file.root()
    if root is None:
        return {}
    if not isinstance(root, yaml.MappingNode):
        raise CommandError(
            file.mistake(root, "write names and values, such as SHOP_URL: https://shop.example.")
        )
    if mistakes := list(_mistakes(file, root, own)):
        raise CommandError("\n".join(mistakes))
    return {name: value_of(value) for name, _, value in file.pairs(root)}


def _mistakes(file: File, root: yaml.MappingNode, own: Collection[str]) -> Iterator[str]:
    yield from file.doubled(root)
    for name, key, value in file.pairs(root):
        if not _NAME.fullmatch(name):
            yield file.mistake(key, f"{name} is no name for Lambda: use two or more letters, digits and _.")
        if name.startswith(OF_LAMBDA):
            yield file.mistake(key, f"{name} is a name of Lambda's own: take another.")
        if name in own:
            yield file.mistake(key, f"{name} is a variable of Runrelay's: take another.")
        if is_text(value):
            yield from file.unknown_names(value)
        else:
            yield file.mistake(value, f"the value of {name} is no text: put it in quotes.")
