"""How long do functions take to start, beside something known, and what takes longest?"""

from bench.answers import Answer, Scale, Sheet
from bench.start_up import COMPARISONS, PAIRS, WEBHOOK, WORKER, compare, where_time_goes
from runrelay.progress import step
from tasks.artifact import built, host_architecture


def answer(scale: Scale) -> Answer:
    """Start each function and its reference by turns, from the built artifact."""
    rows, facts, shares = [], {}, []
    with built(host_architecture()) as template:
        artifact = template.parent
        for each in COMPARISONS:
            with step(f"Starting {each.subject.name} and {each.reference.name} by turns"):
                ratio = compare(each, artifact, scale.of(PAIRS, small=1))
            figures = (f"{ratio.least:.2f} x", f"{ratio.median:.2f} x", f"{each.limit} x")
            rows.append((each.subject.name, each.reference.name, *figures))
            facts[f"{each.subject.name} beside {each.reference.name}"] = vars(ratio) | {"limit": each.limit}
        for start in (WEBHOOK, WORKER):
            parts = [(name, f"{share:.0%}") for name, share in where_time_goes(start, artifact)]
            shares.append(
                Sheet(f"Where {start.name}'s start-up goes", ("package", "share of imports"), parts)
            )
    headings = ("", "beside", "of the least", "median of pairs", "limit")
    return Answer((Sheet("Start-up, as ratios", headings, rows), *shares), facts)
