"""What is true of every command of `runrelay`, whoever writes the next one."""

from collections.abc import Iterator

import pytest
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from runrelay.__main__ import app


def commands(group: TyperGroup, *words: str) -> Iterator[tuple[str, TyperCommand]]:
    """Give the commands below a group, each by its words."""
    for name, command in group.commands.items():
        if isinstance(command, TyperGroup):
            yield from commands(command, *words, name)
        elif isinstance(command, TyperCommand):
            yield " ".join((*words, name)), command


ROOT = get_command(app)
assert isinstance(ROOT, TyperGroup)
COMMANDS = dict(commands(ROOT))
ON_THIS_MACHINE = {"tools", "dev"}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_says_what_it_does_and_what_each_of_its_words_is(name: str):
    command = COMMANDS[name]

    assert command.help
    assert [each.name for each in command.params if isinstance(each, TyperOption) and not each.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_json_for_programs(name: str):
    assert "--json" in {option for each in COMMANDS[name].params for option in each.opts}


@pytest.mark.parametrize("name", [each for each in COMMANDS if each.split()[0] not in ON_THIS_MACHINE])
def test_a_command_is_told_in_one_way_which_stack_is_meant(name: str):
    options = {option for each in COMMANDS[name].params for option in each.opts}

    assert {"--stack", "--directory"} <= options
