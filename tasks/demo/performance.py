"""The whole show: every story, then the count, then whether all went as it should."""

from collections.abc import Sequence

from rich.text import Text

from runrelay.progress import console, step
from runrelay.stack import Stack
from tasks.demo.clients import Runrelay, Simulator
from tasks.demo.evidence import World, evidence_of
from tasks.demo.quiet import wait_until_quiet
from tasks.demo.show import drive, tell
from tasks.demo.stage import say
from tasks.demo.stories import STORIES, WARM_UP
from tasks.demo.summary import Outcome, table
from tasks.demo.verdict import differences


def perform(stack: Stack, *, pace: float) -> int:
    """Tell every story; 0 if each ended as it should, else 1."""
    runrelay, simulator = Runrelay(stack), Simulator(stack)
    say("", "The real template is deployed, to an AWS in one process; the simulator plays OpenAI.")

    with step("Warming the functions up with a run that is not shown"):
        drive(WARM_UP, runrelay, simulator)
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
        words = f"Still on the queues when this was counted, such as checks of runs that are over: {left}."
        say(Text(words, style="dim"))
    for name, words in wrong:
        say(Text.assemble(("✗ ", "red"), (f"{name}: ", "bold red"), words))
    if not wrong:
        say(Text.assemble(("✓ ", "green"), "Every run ended as it should."))
    return 1 if wrong else 0
