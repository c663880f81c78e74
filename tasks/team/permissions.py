"""`permissions.yaml`: what a team's tools may do on AWS, a list of IAM statements."""

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from runrelay.command_line import CommandError
from tasks.team.cloudformation import File, is_text, value_of

NAMES: Final = ("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition")
_ACTION = re.compile(r"\*|[a-z0-9-]+:[A-Za-z0-9*?]+")
_SID = re.compile(r"[A-Za-z0-9]*")


def read(file: File) -> list[Any]:
    """Read the statements, as a policy takes them.

    Raises:
        CommandError: IAM would not have them; a line for each mistake.
    """
    root = file.root()
    if root is None:
        return []
    if not isinstance(root, yaml.SequenceNode):
        raise CommandError(file.mistake(root, "write a list of IAM statements, each with a - before it."))
    if mistakes := [words for statement in root.value for words in _mistakes(file, statement)]:
        raise CommandError("\n".join(mistakes))
    return [value_of(statement) for statement in root.value]


def _mistakes(file: File, statement: yaml.Node) -> Iterator[str]:
    if not isinstance(statement, yaml.MappingNode) or statement.tag.startswith("!"):
        yield file.mistake(statement, "it is no statement: write Effect, Action and Resource.")
        return
    yield from file.doubled(statement)
    values = {name: value for name, _, value in file.pairs(statement)}
    for name, key, _ in file.pairs(statement):
        if name not in NAMES:
            yield file.mistake(key, f"a statement has no {name}: use {', '.join(NAMES)}.")
    if "Effect" not in values:
        yield file.mistake(statement, "the statement has no Effect: Allow or Deny.")
    for name in ("Action", "Resource"):
        if len(values.keys() & {name, f"Not{name}"}) != 1:
            yield file.mistake(statement, f"the statement has not one of {name} and Not{name}.")
    for name, value in values.items():
        yield from _mistakes_of(file, name, value)


def _mistakes_of(file: File, name: str, value: yaml.Node) -> Iterator[str]:
    if name == "Condition":
        if not isinstance(value, yaml.MappingNode):
            yield file.mistake(value, "the Condition is no mapping.")
        yield from file.unknown_names(value)
        return
    may_be_many = name in ("Action", "NotAction", "Resource", "NotResource")
    for each in value.value if may_be_many and isinstance(value, yaml.SequenceNode) else [value]:
        if is_text(each):
            yield from file.unknown_names(each)
            yield from _odd_words(file, name, each)
        else:
            yield file.mistake(each, f"the {name} is no text.")
    if name == "Effect" and value_of(value) not in ("Allow", "Deny"):
        yield file.mistake(value, "the Effect is Allow or Deny.")


def _odd_words(file: File, name: str, node: yaml.Node) -> Iterator[str]:
    """Say which texts IAM would refuse, as far as they are known before there is a stack."""
    text = value_of(node)
    if not isinstance(text, str):
        return
    if name.endswith("Action") and not _ACTION.fullmatch(text):
        yield file.mistake(node, f"{text} is no action: write service:Action, such as s3:GetObject.")
    if name.endswith("Resource") and not (text == "*" or text.startswith("arn:")):
        hint = "; with ${...} in it, it begins with !Sub" if "${" in text else ""
        yield file.mistake(node, f"{text} is no ARN{hint}.")
    if name == "Sid" and not _SID.fullmatch(text):
        yield file.mistake(node, f"{text} is no Sid: use letters and digits.")
