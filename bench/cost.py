"""What do a million runs cost on AWS, by line; and the same job by others' means?"""

from collections.abc import Mapping
from typing import Any, Final

from bench.answers import Answer, Scale, Sheet
from bench.charts import Bars
from bench.peers import lambda_durable_functions, polling_workers, step_functions
from bench.simulated.stack import SimulatedStack
from bench.wire_counts import a_call, a_check, a_run, counting, counting_busy
from runrelay.cost import prices
from runrelay.cost.assumptions import assumptions
from runrelay.cost.bill import WAITING, Line, bill, fixed, total
from runrelay.cost.counts import BUSY, IDLE, Counts, Rates, drift
from runrelay.progress import step

MILLION: Final = 1_000_000
GOAL: Final = 15
WITHOUT, WITH_CALL, AT_ONCE = "without tools", "with one call", ", ten at once"

type Bill = tuple[Line, ...]


def answer(_scale: Scale) -> Answer:
    """Count runs of each kind at the wire, and price a million."""
    with step("Counting a run, a call and a check at the wire"), counting() as stack:
        idle = _rates(stack)
    with step("Counting the same of many at once"), counting_busy() as stack:
        busy = _rates(stack)
    bills = _bills(idle) | {name + AT_ONCE: lines for name, lines in _bills(busy).items()}
    own = {name: total(lines) - _waiting(lines) for name, lines in bills.items()}
    return Answer(
        sheets=(_bill(bills, own), _peers(bills), _fixed()),
        facts={
            "prices": {"read_on": prices.READ_ON, "region": prices.REGION},
            "counts": {name: vars(counts) for name, counts in _named(idle).items()},
            "counts of many at once": {name: vars(counts) for name, counts in _named(busy).items()},
            "dollars_a_million": {
                **{name: _dollars(lines) for name, lines in bills.items()},
                "others, without tools": _others(0),
                "others, with one call": _others(1),
            },
            "goal": {
                "dollars": GOAL,
                "without_waiting": round(own[WITHOUT], 2),
                "the same, ten at once": round(own[WITHOUT + AT_ONCE], 2),
                "is_met": own[WITHOUT] <= GOAL,
            },
        },
        charts={"cost": _chart(bills)},
        broken=[
            f"{name}{where}: runrelay/cost/counts.py says {kept}, and not {seen}"
            for where, rates, counted in (("", IDLE, idle), (AT_ONCE, BUSY, busy))
            for name, counts in _named(counted).items()
            for kept, seen in drift(_named(rates)[name], counts)
        ],
    )


def _rates(stack: SimulatedStack) -> Rates:
    return Rates(a_run(stack), a_call(stack), a_check(stack))


def _named(rates: Rates) -> dict[str, Counts]:
    return {"a run": rates.run, "a call": rates.call, "a check": rates.check}


def _bills(rates: Rates) -> dict[str, Bill]:
    return {WITHOUT: bill(rates.run * MILLION), WITH_CALL: bill((rates.run + rates.call) * MILLION)}


def _bill(bills: Mapping[str, Bill], own: Mapping[str, float]) -> Sheet:
    rows: list[tuple[str, ...]] = [
        (first.name, *(f"{line.dollars:.2f}" for line in lines), first.amount, first.basis)
        for lines in zip(*bills.values(), strict=True)
        for first in lines[:1]
    ]
    rows.append(("together", *(f"{total(lines):.2f}" for lines in bills.values()), "", ""))
    rows.append(("together, beside waiting on OpenAI", *(f"{each:.2f}" for each in own.values()), "", ""))
    verdicts = ["met" if own[name] <= GOAL else "not met" for name in (WITHOUT, WITHOUT + AT_ONCE)]
    return Sheet(
        "Dollars a million runs, list prices",
        ("", *bills, "amount, without tools", "amount is"),
        rows,
        (
            f"prices of {prices.REGION}, read on {prices.READ_ON}: runrelay/cost/prices.py",
            "`ten at once`: wherever a worker takes messages, ten wait, as on a stack that is behind;",
            "the others: it takes each alone, as on one that is idle; yours is between them",
            f"the goal, at most {GOAL} dollars without tools beside waiting on OpenAI, is {verdicts[0]};",
            f"ten at once, it is {verdicts[1]}",
            "`assumed`: the count is the wire's, the durations or sizes are assumed:",
            *assumptions(),
        ),
    )


def _peers(bills: Mapping[str, Bill]) -> Sheet:
    bare, called = _others(0), _others(1)
    rows = [
        *(
            (
                f"Runrelay{each}",
                f"{total(bills[WITHOUT + each]):.2f}",
                f"{total(bills[WITH_CALL + each]):.2f}",
            )
            for each in ("", AT_ONCE)
        ),
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


def _chart(bills: Mapping[str, Bill]) -> Bars:
    bars: dict[str, dict[str, float]] = {
        f"Runrelay{each}": {line.name: line.dollars for line in bills[WITHOUT + each]}
        for each in ("", AT_ONCE)
    }
    bars |= _others(0)
    own = {name: sum(lines.values()) - lines.get(WAITING, 0) for name, lines in bars.items()}
    return Bars(
        "A million runs without tools, list prices",
        "dollars",
        tuple(bars),
        {"beside": list(own.values()), "waiting on OpenAI": [each.get(WAITING, 0) for each in bars.values()]},
    )


def _dollars(lines: Bill) -> dict[str, Any]:
    return {line.name: round(line.dollars, 4) for line in lines} | {"together": round(total(lines), 2)}


def _waiting(lines: Bill) -> float:
    return next(line.dollars for line in lines if line.name == WAITING)
