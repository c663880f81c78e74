"""Template parameters on the command line: `Name=value`."""

import argparse
import difflib
import re

from tasks.checkout import TEMPLATE

_SECTION = re.compile(r"^Parameters:\n(.*?)^\S", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"^  (\w+):", re.MULTILINE)


def add_parameters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "parameters", nargs="*", type=_parameter, metavar="Name=value", help="template parameters"
    )


def names() -> list[str]:
    """Name the parameters of `template.yaml`; SAM would pass over any other without a word."""
    section = _SECTION.search(TEMPLATE.read_text())
    return _NAME.findall(section[1]) if section else []


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not Name=value")
    if name not in (known := names()):
        (like,) = difflib.get_close_matches(name, known, n=1) or [""]
        hint = f"; did you mean {like}?" if like else f": it has {', '.join(known)}"
        raise argparse.ArgumentTypeError(f"template.yaml has no parameter {name}{hint}")
    return name, value
