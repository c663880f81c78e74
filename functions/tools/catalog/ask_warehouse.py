"""A tool that people or another system answer: `external`. Its body is never run."""

from functions.tools.tool import tool

AN_HOUR = 3600


@tool(executor="external", timeout=AN_HOUR)
def ask_warehouse(question: str) -> None:
    """Ask the people in the warehouse; they answer within the hour.

    Args:
        question: What to find out, such as whether a parcel can still be stopped.
    """
