"""Programs that tests start and interrupt."""

from typing import Final

HEARING_CTRL_C: Final = ("env", "--default-signal=INT")
"""What runs in the background of a shell is deaf to SIGINT, and so are its children; not what this starts."""
