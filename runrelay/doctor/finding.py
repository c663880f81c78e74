"""What a check found, and the stack that it looks at."""

from dataclasses import dataclass

from runrelay.command_line import CommandError
from runrelay.deployed import Deployed
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
        deployed: As CloudFormation has it.
        option: What names it to another command: ` --stack NAME`, or nothing.
        local_webhook_url: Where the local stack has its webhook route; none is a stack on AWS.
    """

    there: Reach
    deployed: Deployed
    option: str
    local_webhook_url: str | None = None

    def output(self, name: str) -> str:
        """Give an output of the stack.

        Raises:
            CommandError: It has none of that name.
        """
        if words := self.deployed.lacks(name):
            raise CommandError(words)
        return self.deployed.outputs[name]

    def parameter(self, name: str, default: str) -> str:
        return self.deployed.parameters.get(name, default)

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
