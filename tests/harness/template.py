"""The template as the harness deploys it: the resources it names, and each function's environment."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

FILE = Path(__file__).parents[2] / "template.yaml"
REGION = "eu-west-1"
ACCOUNT = "123456789012"
STACK = "runrelay"
PSEUDO_PARAMETERS = {
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
        self._content = yaml.load(FILE.read_text(), _Loader)
        defaults = {name: each.get("Default") for name, each in self._content["Parameters"].items()}
        self._parameters = {**PSEUDO_PARAMETERS, **defaults, **parameters}

    def resources(self, resource_type: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """List the resources of a type: physical name and resolved properties."""
        for logical_id, resource in self._content["Resources"].items():
            if resource["Type"] == resource_type:
                yield physical_name(logical_id), self._resolve(resource["Properties"])

    def properties(self, logical_id: str) -> dict[str, Any]:
        """Give a resource's properties as they are written."""
        properties: dict[str, Any] = self._content["Resources"][logical_id]["Properties"]
        return properties

    def resolved(self, logical_id: str, name: str) -> Any:
        """Give one of a resource's properties as it is deployed."""
        return self._resolve(self.properties(logical_id)[name])

    def allowed(self, parameter: str) -> list[Any]:
        """List the values that a parameter may have."""
        values: list[Any] = self._content["Parameters"][parameter]["AllowedValues"]
        return values

    def environment(self, logical_id: str) -> dict[str, str]:
        """Give what Lambda would set in a function's environment."""
        functions = self._content["Globals"]["Function"], self.properties(logical_id)
        variables = [self._resolve(each["Environment"]["Variables"]) for each in functions]
        return {name: str(value) for each in variables for name, value in each.items()}

    def _resolve(self, value: Any) -> Any:
        match value:
            case {"Ref": name}:
                return self._reference(name)
            case {"Fn::GetAtt": target}:
                return f"arn:aws:sqs:{REGION}:{ACCOUNT}:{physical_name(target.partition('.')[0])}"
            case {"Fn::FindInMap": [name, key, member]}:
                return self._content["Mappings"][name][str(self._resolve(key))][member]
            case {"Fn::Sub": text}:
                return self._substituted(text)
            case _:
                return self._resolve_parts(value)

    def _resolve_parts(self, value: Any) -> Any:
        match value:
            case dict():
                return {key: self._resolve(each) for key, each in value.items()}
            case list():
                return [self._resolve(each) for each in value]
            case _:
                return value

    def _substituted(self, text: str) -> str:
        for name, known in self._parameters.items():
            text = text.replace(f"${{{name}}}", str(known))
        return text

    def _reference(self, name: str) -> Any:
        if name in self._parameters:
            return self._parameters[name]
        if self._content["Resources"][name]["Type"] == "AWS::SQS::Queue":
            return queue_url(name)
        return physical_name(name)


def physical_name(logical_id: str) -> str:
    """Name a resource as the harness deploys it."""
    return f"{STACK}-{logical_id}".lower()


def queue_url(logical_id: str) -> str:
    """Give the URL of a queue."""
    return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{physical_name(logical_id)}"
