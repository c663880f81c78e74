"""Check that every link within the pages leads somewhere, headings among them."""

import argparse

from runrelay.progress import console
from tasks.checkout import ROOT
from tasks.links import broken, pages


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Take nothing."""


def run(_arguments: argparse.Namespace) -> int:
    found = [*broken(ROOT, pages(ROOT))]
    for words in found:
        console.print(words, style="red", markup=False, soft_wrap=True)
    return 1 if found else 0
