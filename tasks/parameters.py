"""Template parameters on the command line: `Name=value`."""

import argparse


def add_parameters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "parameters", nargs="*", type=_parameter, metavar="Name=value", help="template parameters"
    )


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise argparse.ArgumentTypeError(f"{text!r} is not Name=value")
    return name, value
