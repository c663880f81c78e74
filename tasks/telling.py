"""What `runrelay dev` says: words, and for programs a line of JSON for each thing that happens."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from runrelay.cli.output import say
from runrelay.stack import Stack


class Telling:
    """Says what happens."""

    def __init__(self, *, prints_json: bool) -> None:
        self._prints_json = prints_json

    def up(self, stack: Stack, folder: Path, tools: Sequence[str], option: str, *, stops_stack: bool) -> None:
        """Say where the stack is, and which commands come next."""
        say(f"API        {stack.api_url}")
        say(f"simulator  {stack.simulator_url}")
        say(f"tools      {folder}: {', '.join(tools) or 'none yet'}")
        tool = f" --tool {tools[0]}" if tools else ""
        say("\nIn another terminal:")
        say(f'  runrelay runs start{tool} --input "Hello." --watch{option}')
        say(f"  runrelay inbox{option}")
        say(f"  runrelay logs RUN_ID{option}")
        ending = "stops the stack" if stops_stack else "leaves the stack up"
        say(f"\nWhat you save in {folder.name}/ is live in seconds. Ctrl-C {ending}.")
        where = {"api_url": stack.api_url, "simulator_url": stack.simulator_url, "folder": str(folder)}
        self._print("up", tools=tools, **where)

    def changed(self, did: str, seconds: float, before: Mapping[str, str], after: Mapping[str, str]) -> None:
        """Say which tools run other code.

        Args:
            did: How it came about.
            seconds: How long it took.
            before: The tools, each with a digest.
            after: The same, as it is now; where no tool differs, a module that they share does.
        """
        gone = sorted(before.keys() - after.keys())
        changed = sorted(name for name in after if before.get(name) != after[name])
        if not changed and not gone:
            changed = sorted(after)
        parts = [", ".join(changed), f"gone: {', '.join(gone)}" if gone else ""]
        words = "; ".join(filter(None, parts)) or "no tools"
        say(f"{did} in {seconds:.1f} s: {words}", style="green")
        self._print(did, seconds=round(seconds, 1), changed=changed, gone=gone)

    def refused(self, mistakes: Sequence[str]) -> None:
        """Say what is wrong, each in one line."""
        for words in mistakes:
            say(words, style="red")
        say("The stack runs the tools as they were.")
        self._print("refused", mistakes=mistakes)

    def mended(self) -> None:
        """Say that nothing is wrong any more, and nothing had to change."""
        say("mended: the stack runs the tools as they are.", style="green")
        self._print("mended")

    def _print(self, event: str, **facts: object) -> None:
        if self._prints_json:
            sys.stdout.write(json.dumps({"type": event, **facts}) + "\n")
            sys.stdout.flush()
