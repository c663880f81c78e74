"""The stack that the endpoint belongs to, as CloudFormation has it."""

from collections.abc import Callable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

STAYS = "UPDATE"
"""Begins each status of a stack that is changed, or changed back, and goes on."""


class OwnStack:
    """Tells whether the stack is to go."""

    def __init__(self, cloudformation: Callable[[], Any]) -> None:
        """Ask a client that is made when it is needed, which is when a resource goes."""
        self._cloudformation = cloudformation

    def stays(self, stack_id: str) -> bool:
        """Say whether a stack that lets go of a resource goes on; if that cannot be told, it does."""
        try:
            (stack,) = self._cloudformation().describe_stacks(StackName=stack_id)["Stacks"]
        except (BotoCoreError, ClientError):
            return True
        return str(stack["StackStatus"]).startswith(STAYS)
