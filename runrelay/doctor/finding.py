"""What a check found, and the stack that it looks at."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from runrelay.command_line import CommandError
from runrelay.reach import Reach


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor's.

    Attributes:
        mend: The command that mends it; nothing, where nothing is wrong.
    """

    name: str
    is_well: bool
    words: str
    mend: str | None = None


def found(name: str, words: str, *, unless: str | None = None, mend: str) -> Finding:
    """Say that all is well, or what is not."""
    return Finding(name, True, words) if unless is None else Finding(name, False, unless, mend)


@dataclass(frozen=True, slots=True)
class Patient:
    """A stack that is there.

    Attributes:
        described: As CloudFormation has it.
        option: What names it to another command: ` --stack NAME`, or nothing.
        local_webhook_url: Where the local stack has its webhook route; none is a stack on AWS.
    """

    there: Reach
    described: Mapping[str, Any]
    option: str
    local_webhook_url: str | None = None

    @property
    def outputs(self) -> dict[str, str]:
        return {each["OutputKey"]: str(each["OutputValue"]) for each in self.described.get("Outputs", ())}

    def output(self, name: str) -> str:
        """Give an output of the stack.

        Raises:
            CommandError: It has none of that name.
        """
        if name in self.outputs:
            return self.outputs[name]
        raise CommandError(
            f"{self.there.stack_name} has no output {name}: it is not Runrelay's, or not whole"
        )

    def parameter(self, name: str, default: str) -> str:
        parameters = self.described.get("Parameters", ())
        return {each["ParameterKey"]: str(each["ParameterValue"]) for each in parameters}.get(name, default)

    @property
    def webhook_url(self) -> str:
        return self.local_webhook_url or self.output("WebhookUrl")

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, where no proxy leads."""
        return self.local_webhook_url is not None

    @property
    def deploy(self) -> str:
        """The command that puts it right from the template."""
        return "make up" if self.is_here else "make deploy"
