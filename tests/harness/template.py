"""The template as the harness deploys it: the resources it names, and each function's environment."""

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "template.yaml"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
STACK = "runrelay"
NO_VALUE = object()
PSEUDO_PARAMETERS: dict[str, Any] = {
    "AWS::NoValue": NO_VALUE,
    "AWS::StackName": STACK,
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::Partition": "aws",
}


class _Loader(yaml.SafeLoader):
    """Reads `!Ref x` as `{"Ref": x}` and any other `!Name x` as `{"Fn::Name": x}`."""


def _tagged(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    match node:
        case yaml.ScalarNode():
            return {name: loader.construct_scalar(node)}
        case yaml.SequenceNode():
            return {name: loader.construct_sequence(node, deep=True)}
        case _:
            return {name: loader.construct_mapping(node, deep=True)}  # type: ignore[arg-type]


_Loader.add_multi_constructor("!", _tagged)


class Template:
    """template.yaml with its parameters given."""

    def __init__(self, parameters: Mapping[str, str]) -> None:
        self.content = yaml.load(FILE.read_text(), _Loader)
        defaults = {name: each.get("Default") for name, each in self.content["Parameters"].items()}
        self._parameters = {**PSEUDO_PARAMETERS, **defaults, **parameters}

    def resources(self, resource_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """List the resources of a type: physical name and resolved properties."""
        for logical_id, resource in self.content["Resources"].items():
            if resource["Type"] == resource_type:
                yield physical_name(logical_id), self._resolve(resource["Properties"])

    def properties(self, logical_id: str) -> dict[str, Any]:
        """Give a resource's properties as they are written."""
        properties: dict[str, Any] = self.content["Resources"][logical_id]["Properties"]
        return properties

    def environment(self, logical_id: str) -> dict[str, str]:
        """Give what Lambda would set in a function's environment."""
        functions = self.content["Globals"]["Function"], self.properties(logical_id)
        variables = [self._resolve(each["Environment"]["Variables"]) for each in functions]
        return {name: str(value) for each in variables for name, value in each.items()}

    def _resolve(self, value: Any) -> Any:
        match value:
            case dict() if len(value) == 1 and next(iter(value)) in ("Ref", *self._functions):
                ((name, argument),) = value.items()
                return self._reference(argument) if name == "Ref" else self._functions[name](argument)
            case dict():
                resolved = {key: self._resolve(each) for key, each in value.items()}
                return {key: each for key, each in resolved.items() if each is not NO_VALUE}
            case list():
                return [each for each in map(self._resolve, value) if each is not NO_VALUE]
            case _:
                return value

    @property
    def _functions(self) -> Mapping[str, Callable[[Any], Any]]:
        """CloudFormation's functions, as far as the template uses them where the harness looks."""
        return {
            "Fn::GetAtt": lambda target: (
                f"arn:aws:sqs:{REGION}:{ACCOUNT}:{physical_name(target.partition('.')[0])}"
            ),
            "Fn::Sub": self._substituted,
            "Fn::If": lambda each: self._resolve(each[1] if self._is_met(each[0]) else each[2]),
            "Fn::Not": lambda each: not self._resolve(each[0]),
            "Fn::Equals": lambda each: str(self._resolve(each[0])) == str(self._resolve(each[1])),
            "Fn::Join": lambda each: each[0].join(self._resolve(each[1])),
            "Fn::FindInMap": lambda each: self._found(each[0], *map(self._resolve, each[1:])),
        }

    def _is_met(self, condition: str) -> bool:
        return bool(self._resolve(self.content["Conditions"][condition]))

    def _found(self, mapping: str, first: str, second: str) -> Any:
        return self.content["Mappings"][mapping][str(first)][second]

    def _substituted(self, text: str) -> str:
        for name, known in self._parameters.items():
            text = text.replace(f"${{{name}}}", str(known))
        return text

    def _reference(self, name: str) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        if self.content["Resources"][name]["Type"] == "AWS::SQS::Queue":
            return queue_url(name)
        return physical_name(name)


def physical_name(logical_id: str) -> str:
    """Name a resource as the harness deploys it."""
    return f"{STACK}-{logical_id}".lower()


def queue_url(logical_id: str) -> str:
    """Give the URL of a queue."""
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{physical_name(logical_id)}"
