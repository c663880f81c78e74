"""A stack as CloudFormation describes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Deployed:
    """A stack that is there."""

    name: str
    stack_id: str
    status: str
    outputs: Mapping[str, str]
    parameters: Mapping[str, str]

    @classmethod
    def read(cls, cloudformation: Any, name: str) -> Self:  # noqa: ANN401 - boto3's client, or botocore's
        """Read it; a client raises what it raises when there is no such stack."""
        (described,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
        outputs, parameters = described.get("Outputs", ()), described.get("Parameters", ())
        return cls(
            name,
            described.get("StackId", ""),
            described["StackStatus"],
            {each["OutputKey"]: each["OutputValue"] for each in outputs},
            {each["ParameterKey"]: str(each["ParameterValue"]) for each in parameters},
        )

    def arn(self, service: str, resource: str) -> str:
        """Name a resource of its account and region."""
        partition, _, region, account = self.stack_id.split(":")[1:5]
        return f"arn:{partition}:{service}:{region}:{account}:{resource}"

    def lacks(self, *needed: str) -> str | None:
        """Say which outputs it should have and has not; nothing, if it has them all."""
        missing = ", ".join(each for each in needed if each not in self.outputs)
        if not missing:
            return None
        return (
            f"The stack {self.name} ({self.status}) has no output {missing}: "
            "it is not Runrelay's, or of an older release, or not deployed to its end."
        )
