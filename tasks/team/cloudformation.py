"""YAML that goes into a template: values with CloudFormation's functions, and the lines they stand on."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from runrelay.command_line import CommandError

FUNCTIONS: Final = frozenset(
    {
        "Ref",
        *(
            f"Fn::{name}"
            for name in ("FindInMap", "GetAtt", "If", "ImportValue", "Join", "Select", "Split", "Sub")
        ),
    }
)
_NAMED = re.compile(r"\$\{([^!}][^}]*)\}")


@dataclass(frozen=True)
class File:
    """A file of a team's, with what its values may refer to.

    Attributes:
        known: The template's parameters and resources.
    """

    path: Path
    known: Collection[str]

    def root(self) -> yaml.Node | None:
        """Read it; nothing if nothing stands in it.

        Raises:
            CommandError: It is no YAML.
        """
        try:
            return yaml.compose(self.path.read_text(), yaml.SafeLoader)
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise CommandError(f"{self.path}:{line}: it is no YAML: {error.problem}.") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise CommandError(f"{self.path}:1: it is no YAML: {' '.join(str(error).split())}.") from error

    def mistake(self, node: yaml.Node, words: str) -> str:
        """Say what is wrong, and where."""
        return f"{self.path}:{node.start_mark.line + 1}: {words}"

    def pairs(self, node: yaml.MappingNode) -> Iterator[tuple[str, yaml.Node, yaml.Node]]:
        """Give what stands in a mapping: each name, and the nodes of the name and of its value."""
        for name, value in node.value:
            yield str(name.value), name, value

    def doubled(self, node: yaml.MappingNode) -> Iterator[str]:
        """Say which names a mapping has twice; YAML would take the last without a word."""
        seen = set()
        for name, key, _ in self.pairs(node):
            if name in seen:
                yield self.mistake(key, f"{name} stands here twice: leave one.")
            seen.add(name)

    def unknown_names(self, node: yaml.Node) -> Iterator[str]:
        """Say which references of a value lead nowhere."""
        for name in references(value_of(node)):
            if not name.startswith("AWS::") and name.partition(".")[0] not in self.known:
                yield self.mistake(node, f"{name} is no parameter and no resource of template.yaml.")


def value_of(node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
    """Give a node's value, functions in their long form: `!Sub x` is `{"Fn::Sub": x}`."""
    match node:
        case yaml.MappingNode():
            value: Any = {str(name.value): value_of(each) for name, each in node.value}
        case yaml.SequenceNode():
            value = [value_of(each) for each in node.value]
        case _:
            value = _scalar(node)
    if not node.tag.startswith("!"):
        return value
    name = node.tag.removeprefix("!")
    return {name if name in {"Ref", "Condition"} else f"Fn::{name}": value}


def is_text(node: yaml.Node) -> bool:
    """Say whether a value is a text, as it stands or as CloudFormation makes it."""
    value = value_of(node)
    return isinstance(value, str) or is_function(value)


def is_function(value: Any) -> bool:  # noqa: ANN401 - any YAML
    """Say whether a value is one that CloudFormation makes."""
    return isinstance(value, dict) and len(value) == 1 and not value.keys() - FUNCTIONS


def references(value: Any) -> Iterator[str]:  # noqa: ANN401 - any YAML
    """Name what a value refers to."""
    match value:
        case {"Ref": str(name)} | {"Fn::GetAtt": str(name) | [str(name), *_]}:
            yield name
        case {"Fn::Sub": str(text)}:
            yield from _NAMED.findall(text)
        case {"Fn::Sub": [str(text), dict(own)]}:
            yield from (name for name in _NAMED.findall(text) if name not in own)
            yield from references(own)
        case dict():
            for each in value.values():
                yield from references(each)
        case list():
            for each in value:
                yield from references(each)


def rendered(value: Any, parameters: Mapping[str, str]) -> str:  # noqa: ANN401 - a text, or a function
    """Make a text of a value without CloudFormation: what only a stack knows is told by its name."""
    match value:
        case str():
            return value
        case {"Ref": str(name)}:
            return parameters.get(name, name)
        case {"Fn::Sub": str(text)}:
            return _NAMED.sub(lambda found: parameters.get(found[1], found[1]), text)
        case _:
            return str(next(iter(value)))


def _scalar(node: yaml.Node) -> Any:  # noqa: ANN401 - any YAML
    if node.tag.startswith("!"):
        return node.value
    return yaml.SafeLoader("").construct_object(node)
