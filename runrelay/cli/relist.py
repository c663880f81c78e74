"""`runrelay relist`."""

import argparse

import typer

from runrelay import relist as relisting
from runrelay.cli.options import Directory, Stack, Where


def relist(stack: Stack = None, directory: Directory = None) -> None:
    """List again, by kind and status, the runs that a release wrote which knows no such lists."""
    where = Where.said(stack, directory)
    raise typer.Exit(
        relisting.run(argparse.Namespace(stack_name=where.stack_name, directory=where.directory))
    )
