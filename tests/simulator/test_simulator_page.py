"""Every example of `docs/simulator.md` does what the page says, and everything that there is has one."""

import itertools
import json
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass

import httpx2
import pytest

from simulator.controls import Controls
from simulator.faults import KNOWN_API_FAULTS, KNOWN_WEBHOOK_FAULTS
from simulator.scenarios.turn import KNOWN_TURN_FIELDS
from simulator.shop.routes import ShopRoutes
from simulator.shop.shop import Shop
from simulator.world import World
from tasks.checkout import ROOT

PAGE = (ROOT / "docs" / "simulator.md").read_text()
EXAMPLE = re.compile(
    r"^```sh\n(?P<commands>.*?)^```\n(?:```json\n(?P<answer>.*?)^```\n)?", re.MULTILINE | re.DOTALL
)
COMMAND = re.compile(r"^(?:\w+=\$\()?curl .*?(?=^(?:\w+=\$\()?curl |\Z)", re.MULTILINE | re.DOTALL)
TAKEN = re.compile(r"^(?P<name>\w+)=\$\((?P<curl>.*) \| jq -r \.(?P<field>\w+)\)$", re.DOTALL)
EXPECTED = re.compile(r" # (?P<status>\d{3}|lost)$")
EXAMPLES = [(each["commands"], each["answer"]) for each in EXAMPLE.finditer(PAGE)]
COMMANDS = "".join(commands for commands, _ in EXAMPLES)


@dataclass
class Shell:
    """As much of a shell and of curl as the page uses."""

    http: httpx2.Client
    variables: dict[str, str]

    def run(self, command):
        """Run one command and hand over its answer; None if there was to be none."""
        command, expected = EXPECTED.sub("", command.strip()), EXPECTED.search(command.strip())
        taken = TAKEN.match(command)
        status = expected["status"] if expected else "200"
        try:
            answer = self.curl(taken["curl"] if taken else command)
        except httpx2.RemoteProtocolError:
            assert status == "lost"
            return None
        assert str(answer.status_code) == status, answer.text
        if taken:
            self.variables[taken["name"]] = answer.json()[taken["field"]]
        return answer

    def curl(self, command):
        for name, value in self.variables.items():
            command = command.replace(f"${name}", value)
        words = iter(shlex.split(command)[1:])
        url, method, body, headers = "", None, None, {}
        for word in words:
            match word:
                case "-X":
                    method = next(words)
                case "-H":
                    name, _, value = next(words).partition(": ")
                    headers[name] = value
                case "-d":
                    body = next(words)
                case _:
                    assert not word.startswith("-"), word
                    url = word
        return self.http.request(method or ("POST" if body else "GET"), url, content=body, headers=headers)


def is_like(said, seen):
    """Compare what the page says with what is seen; an object may have more, `...` is anything."""
    match said:
        case dict():
            return isinstance(seen, dict) and all(k in seen and is_like(v, seen[k]) for k, v in said.items())
        case list():
            pairs = itertools.zip_longest(said, seen)
            return len(said) == len(seen) and all(is_like(*pair) for pair in pairs)
        case str() if "..." in said:
            return said == "..." or re.fullmatch(re.escape(said).replace(r"\.\.\.", ".*"), str(seen))
        case _:
            return said == seen


@pytest.mark.parametrize(("commands", "answer"), EXAMPLES)
def test_an_example_of_the_page_does_what_it_says(simulator, receiver, commands, answer):
    shell = Shell(simulator.http, {"SIM": simulator.url, "KEY": "Authorization: Bearer any"})

    answers = [shell.run(command) for command in COMMAND.findall(commands)]

    assert len(answers) == commands.count("curl ")
    assert answer is None or is_like(json.loads(answer), answers[-1].json()), answers[-1].text


@pytest.mark.parametrize("name", [*KNOWN_API_FAULTS, *KNOWN_WEBHOOK_FAULTS, *KNOWN_TURN_FIELDS])
def test_every_fault_and_every_field_of_a_turn_has_an_example(name):
    assert f'"{name}": ' in COMMANDS


def test_every_control_has_an_example_and_those_with_one_are_there():
    controls = [f"/_sim{route.path}" for route in Controls(World(None)).routes()]
    shop = [f"/shop{route.path}" for route in ShopRoutes(Shop()).routes()]
    patterns = [re.sub(r"{\w+}", r"[^/ ]+", path) for path in (*controls, *shop)]

    assert [each for each in patterns if not re.search(rf"\$SIM{each}[ ?\n]", COMMANDS)] == []
    assert all(re.search(rf"\| `\w+ {re.escape(path)}` \|", PAGE) for path in controls)


def test_the_command_names_the_page():
    command = [sys.executable, "-m", "simulator", "--help"]

    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert "docs/simulator.md" in said
