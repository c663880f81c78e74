"""The whole show: every story, then the count, then whether all went as it should."""

from collections.abc import Sequence

from rich.text import Text

from cli.demo.clients import Runrelay, Simulator
from cli.demo.evidence import World, evidence_of
from cli.demo.quiet import wait_until_quiet
from cli.demo.show import tell
from cli.demo.stage import say
from cli.demo.stories import STORIES
from cli.demo.summary import Outcome, table
from cli.demo.verdict import differences
from cli.progress import console
from cli.stack import Stack


def perform(stack: Stack, *, pace: float) -> int:
    """Tell every story; 0 if each ended as it should, else 1."""
    runrelay, simulator = Runrelay(stack), Simulator(stack)
    say("", "The real template is deployed, to an AWS in one process; the simulator plays OpenAI.")

    told = [tell(story, runrelay, simulator, pace=pace) for story in STORIES]
    left = wait_until_quiet(stack)

    world = World(simulator.journal(), simulator.resources(), simulator.ledger())
    outcomes = []
    for story, each in zip(STORIES, told, strict=True):
        evidence = evidence_of(each.run["run_id"], world)
        outcomes.append(Outcome(story, each.run, evidence, tuple(differences(story, each, evidence))))
    return _conclude(outcomes, left)


def _conclude(outcomes: Sequence[Outcome], left: int) -> int:
    console.print(table(outcomes))
    say(
        "Where there are webhooks, a run costs the same requests however long the model takes.",
        "A thread has none: Runrelay polls it, from its queue, and holds no process for it.",
    )
    wrong = [(outcome.story.name, words) for outcome in outcomes for words in outcome.differences]
    if left:
        say(Text(f"The queues still held {left} messages when this was counted.", style="yellow"))
    for name, words in wrong:
        say(Text.assemble(("✗ ", "red"), (f"{name}: ", "bold red"), words))
    if not wrong:
        say(Text.assemble(("✓ ", "green"), "Every run ended as it should."))
    return 1 if wrong else 0
