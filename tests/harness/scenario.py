"""What the model does in a run, turn by turn, in the simulator's words."""

from typing import Any

type Turn = dict[str, Any]


def saying(text: str, **more: Any) -> Turn:
    """Answer with a text."""
    return {"seconds": 0, "text": text, **more}


def calling(*calls: tuple[str, dict[str, Any] | str], **more: Any) -> Turn:
    """Ask for calls, all at once: `calling(("get_order", {"order_id": "A-1"}))`."""
    return {
        "seconds": 0,
        "calls": [{"name": name, "arguments": arguments} for name, arguments in calls],
        **more,
    }


def failing(code: str = "server_error", message: str = "The model broke.") -> Turn:
    """Fail."""
    return {"seconds": 0, "fail": {"code": code, "message": message}}


def asking(*approvals: dict[str, Any], **more: Any) -> Turn:
    """Ask for approvals, or for anything else that only a session waits for, all at once."""
    return {"seconds": 0, "approvals": list(approvals), **more}


ENDLESS: Turn = {"seconds": 0, "never": True}
"""Go on until somebody cancels it."""
