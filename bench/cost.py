"""What do a million runs cost on AWS, by line; and the same job by others' means?"""

from typing import TYPE_CHECKING, Any, Final

from bench.answers import Answer, Scale, Sheet
from bench.charts import Bars
from bench.peers import lambda_durable_functions, polling_workers, step_functions
from bench.wire_counts import a_call, a_check, a_run, counting
from runrelay.cost import prices
from runrelay.cost.assumptions import assumptions
from runrelay.cost.bill import WAITING, Line, bill, fixed, total
from runrelay.cost.counts import CALL, CHECK, RUN, drift
from runrelay.progress import step

if TYPE_CHECKING:
    from collections.abc import Mapping

MILLION: Final = 1_000_000
GOAL: Final = 15
KEPT: Final = {"a run": RUN, "a call": CALL, "a check": CHECK}


def answer(_scale: Scale) -> Answer:
    """Count one run of each kind at the wire, and price a million."""
    with step("Counting a run, a call and a check at the wire"), counting() as stack:
        counted = {"a run": a_run(stack), "a call": a_call(stack), "a check": a_check(stack)}
    without, with_call = (
        bill(each * MILLION) for each in (counted["a run"], counted["a run"] + counted["a call"])
    )
    own = total(without) - _waiting(without)
    return Answer(
        sheets=(_bill(without, with_call, own), _peers(without, with_call), _fixed()),
        facts={
            "prices": {"read_on": prices.READ_ON, "region": prices.REGION},
            "counts": {name: vars(counts) for name, counts in counted.items()},
            "dollars_a_million": {
                "without tools": _dollars(without),
                "with one call": _dollars(with_call),
                "others, without tools": _others(0),
                "others, with one call": _others(1),
            },
            "goal": {"dollars": GOAL, "without_waiting": round(own, 2), "is_met": own <= GOAL},
        },
        charts={"cost": _chart(without)},
        broken=[
            f"{name}: runrelay/cost/counts.py says {kept}, and not {seen}"
            for name, counts in counted.items()
            for kept, seen in drift(KEPT[name], counts)
        ],
    )


def _bill(without: tuple[Line, ...], with_call: tuple[Line, ...], own: float) -> Sheet:
    rows: list[tuple[str, ...]] = [
        (line.name, f"{line.dollars:.2f}", f"{other.dollars:.2f}", line.amount, line.basis)
        for line, other in zip(without, with_call, strict=True)
    ]
    rows.append(("together", f"{total(without):.2f}", f"{total(with_call):.2f}", "", ""))
    others = total(with_call) - _waiting(with_call)
    rows.append(("together, beside waiting on OpenAI", f"{own:.2f}", f"{others:.2f}", "", ""))
    verdict = "met" if own <= GOAL else "not met"
    return Sheet(
        "Dollars a million runs, list prices",
        ("", "without tools", "with one call", "amount, without tools", "amount is"),
        rows,
        (
            f"prices of {prices.REGION}, read on {prices.READ_ON}: runrelay/cost/prices.py",
            f"the goal, at most {GOAL} dollars without tools beside waiting on OpenAI, is {verdict}",
            "`assumed`: the count is the wire's, the durations or sizes are assumed:",
            *assumptions(),
        ),
    )


def _peers(without: tuple[Line, ...], with_call: tuple[Line, ...]) -> Sheet:
    ours = "Runrelay", f"{total(without):.2f}", f"{total(with_call):.2f}"
    bare, called = _others(0), _others(1)
    rows = [
        ours,
        *((name, f"{sum(bare[name].values()):.2f}", f"{sum(called[name].values()):.2f}") for name in bare),
    ]
    return Sheet(
        "The same job by others' means, dollars a million runs",
        ("", "without tools", "with one call"),
        rows,
        (
            "priced by the operations that the job needs of them (bench/peers.py), and not run",
            "they keep one record of a run: no timeline, no lists, no events, no ledger of calls, no sweeper",
            "polling: runs of 60 s, asked each second; its sixty requests cost rate limit, and no dollars",
        ),
    )  # fmt: skip


def _others(calls: int) -> dict[str, dict[str, float]]:
    each: dict[str, Mapping[str, float]] = {
        "Lambda durable functions": lambda_durable_functions(calls),
        "Step Functions, standard": step_functions(calls),
        "polling, 10 runs a worker": polling_workers(calls, 10),
        "polling, 1 run a worker": polling_workers(calls, 1),
    }
    return {
        name: {line: round(dollars * MILLION, 4) for line, dollars in lines.items()}
        for name, lines in each.items()
    }


def _fixed() -> Sheet:
    lines = fixed()
    rows: list[tuple[str, ...]] = [
        (line.name, f"{line.dollars:.2f}", line.amount, line.basis) for line in lines
    ]
    rows.append(("together", f"{total(lines):.2f}", "", ""))
    return Sheet(
        "Dollars a month of a stack in which nothing runs", ("", "dollars", "amount", "amount is"), rows
    )


def _chart(without: tuple[Line, ...]) -> Bars:
    bars: dict[str, dict[str, float]] = {"Runrelay": {line.name: line.dollars for line in without}}
    bars |= _others(0)
    own = {name: sum(lines.values()) - lines.get(WAITING, 0) for name, lines in bars.items()}
    return Bars(
        "A million runs without tools, list prices",
        "dollars",
        tuple(bars),
        {"beside": list(own.values()), "waiting on OpenAI": [each.get(WAITING, 0) for each in bars.values()]},
    )


def _dollars(lines: tuple[Line, ...]) -> dict[str, Any]:
    return {line.name: round(line.dollars, 4) for line in lines} | {"together": round(total(lines), 2)}


def _waiting(lines: tuple[Line, ...]) -> float:
    return next(line.dollars for line in lines if line.name == WAITING)
