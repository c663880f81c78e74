"""What a module of tools imports: `from runrelay.tools import tool`."""

from functions.tools.masking import keep_secret
from functions.tools.secret import Secret
from functions.tools.tool import CannotTell, Done, NotDone, Tool, ToolContext, ToolError, Verdict, tool

__all__ = [
    "CannotTell",
    "Done",
    "NotDone",
    "Secret",
    "Tool",
    "ToolContext",
    "ToolError",
    "Verdict",
    "keep_secret",
    "tool",
]
