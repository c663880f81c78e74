"""`make mutants-every`: make every small mistake once, and see which no test notices.

Each condition, limit, comparison and boolean operator of `functions` and the layer is changed, one at a time,
and the tests that execute it are run, the quickest first, until one fails; what survives these, and is not
accepted, is tried with all of them. What no test notices is a hole in the tests, or makes no difference that
matters: then its reason stands in `accepted.toml`.

    python -m tests.mutants.every [--seconds 600] [--again] [--learn] [--report FILE] [FILE ...]

It goes on where it was stopped. A module that was changed is tried anew; after new tests, `--learn` runs the
quick tests again and `--again` tries what survived.
"""

import argparse
import hashlib
import json
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from rich.console import Console

from tests.mutants import forked
from tests.mutants.coverage_map import CoverageMap, learn
from tests.mutants.mutations import Mutation, mutations
from tests.mutants.trial import THOROUGH, Limits, Result, Trial

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / ".local/mutants"
RESULTS: Final = FOLDER / "every.json"
ACCEPTED: Final = Path(__file__).parent / "accepted.toml"
A_DAY: Final = 24 * 3600

say: Final = Console(emoji=False, markup=False, highlight=False, soft_wrap=True).print


def main() -> int:
    """Try mutants; 0 if all that survived are accepted."""
    arguments = _arguments()
    if arguments.learn or not (FOLDER / "durations.json").exists():
        learn(FOLDER, ROOT)
    everything = [each for file in _files(arguments.files) for each in _mutants(file)]
    known = _read()
    pending = [each for each in everything if _is_pending(known.get(_key(each)), again=arguments.again)]
    say(f"{len(everything)} mutants, {len(pending)} to try")

    forked.warm_up()
    coverage = CoverageMap.read(FOLDER, ROOT)
    quick = Trial(ROOT, coverage, Limits(arguments.tests, arguments.test_seconds), arguments.jobs)
    thorough = Trial(ROOT, coverage, THOROUGH, arguments.jobs)
    until = time.monotonic() + arguments.seconds
    _try(quick, pending, known, until=until)
    accepted = _accepted()
    survivors = [
        each for each in everything if _is_doubtful(known.get(_key(each))) and each.title not in accepted
    ]
    say(f"{len(survivors)} survived the quickest tests; now all tests that execute them")
    _try(thorough, survivors, known, until=until, is_thorough=True)
    _doubt(known, quick)

    if arguments.report:
        arguments.report.write_text(
            report(everything, {each: known.get(_key(each)) for each in everything}, accepted)
        )
    unexplained = [
        each for each in everything if _is_survivor(known.get(_key(each))) and each.title not in accepted
    ]
    for each in unexplained:
        say(f"survived: {each.title}")
    return 1 if unexplained else 0


def _try(
    trial: Trial,
    mutants: Sequence[Mutation],
    known: dict[str, Result],
    *,
    until: float,
    is_thorough: bool = False,
) -> None:
    """Try mutants, and show and keep what came of each as it becomes known."""
    for number, (mutation, result) in enumerate(trial.results(mutants, until=until), 1):
        words = f"{number}/{len(mutants)} {result.outcome:9} {mutation.title} {result.by or ''}"
        say(words)
        known[_key(mutation)] = replace(result, is_thorough=is_thorough)
        _write(known)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants.every", description=__doc__)
    parser.add_argument("--seconds", type=float, default=A_DAY, help="begin no other mutant after so long")
    parser.add_argument("--jobs", type=int, default=1, help="how many are tried at once")
    parser.add_argument("--tests", type=int, default=Limits.tests, help="how many tests are run for one")
    parser.add_argument("--test-seconds", type=float, default=Limits.seconds, help="how long these may take")
    parser.add_argument("--learn", action="store_true", help="learn anew which test executes what")
    parser.add_argument("--again", action="store_true", help="try again what survived")
    parser.add_argument("--report", type=Path, help="where to keep what came of it, as Markdown")
    parser.add_argument(
        "files", nargs="*", metavar="FILE", help="only these modules, or those in these folders"
    )
    return parser.parse_args()


def _files(wanted: Sequence[str]) -> list[str]:
    """Give the modules to change, from the root of the checkout."""
    places = [ROOT / each for each in wanted or ("functions", "layers/contracts/contracts")]
    modules = (module for place in places for module in ([place] if place.is_file() else place.rglob("*.py")))
    return sorted(str(module.relative_to(ROOT)) for module in modules if "catalog/" not in str(module))


def _mutants(file: str) -> list[Mutation]:
    return mutations(file, (ROOT / file).read_text())


# -- what is known already --------------------------------------------------------------------------


def _key(mutation: Mutation) -> str:
    """Name a mutant of a module as it is now."""
    text = (ROOT / mutation.file).read_bytes()
    return f"{mutation.title} @{hashlib.sha256(text).hexdigest()[:12]}"


def _is_pending(result: Result | None, *, again: bool) -> bool:
    return result is None or (again and result.outcome != "caught")


def _is_doubtful(result: Result | None) -> bool:
    return _is_survivor(result) and result is not None and not result.is_thorough


def _is_survivor(result: Result | None) -> bool:
    return result is not None and result.outcome != "caught"


def _read() -> dict[str, Result]:
    if not RESULTS.exists():
        return {}
    return {key: Result(**facts) for key, facts in json.loads(RESULTS.read_text()).items()}


def _write(known: Mapping[str, Result]) -> None:
    RESULTS.write_text(json.dumps({key: asdict(result) for key, result in known.items()}, indent=1))


def _doubt(known: dict[str, Result], trial: Trial) -> None:
    """Forget what was caught by tests that fail without any mutant."""
    catchers = {result.by for result in known.values() if result.by and "::" in result.by}
    red_anyway = trial.failures(sorted(catchers))
    for key in [key for key, result in known.items() if result.by in red_anyway]:
        del known[key]
    for test in sorted(red_anyway):
        Console().print(f"red without any mutant, so it proves nothing: {test}", markup=False)
    _write(known)


def _accepted() -> Mapping[str, str]:
    """Read why mutants that survive may."""
    entries = tomllib.loads(ACCEPTED.read_text()).get("accepted", [])
    return {entry["mutant"]: entry["reason"] for entry in entries}


# -- what is told ---------------------------------------------------------------------------------------


def report(
    mutants: Iterable[Mutation], results: Mapping[Mutation, Result | None], accepted: Mapping[str, str]
) -> str:
    """Write what survived, and why it may."""
    mutants = list(mutants)
    survivors = [each for each in mutants if _is_survivor(results.get(each))]
    lines = [
        "# Every small mistake",
        "",
        "`make mutants-every` changes each condition, limit, comparison and boolean operator of `functions/`",
        "and the layer, one at a time, and runs the tests that execute it until one fails. Written by it on",
        f"{datetime.now(UTC):%Y-%m-%d}: {_figures(mutants, results)}.",
        "What survives is a hole in the tests, or makes no difference that matters; why is in",
        "[`tests/mutants/accepted.toml`](../tests/mutants/accepted.toml).",
        "",
        "| module | in | line | change | why it may survive |",
        "|---|---|---|---|---|",
    ]
    for each in survivors:
        result = results[each]
        reason = accepted.get(each.title, "**not said**")
        unreached = " (no quick test executes it)" if result and result.outcome == "unreached" else ""
        change = f"{each.change}{f' ({each.number})' if each.number > 1 else ''}{unreached}"
        lines.append(
            f"| {each.file} | {each.scope} | {_code(each.line)} | {_cell(change)} | {_cell(reason)} |"
        )
    return "\n".join([*lines, ""])


def _figures(mutants: Sequence[Mutation], results: Mapping[Mutation, Result | None]) -> str:
    outcomes = Counter((result.outcome if (result := results.get(each)) else "not tried") for each in mutants)
    words = ("caught", "survived", "unreached", "not tried")
    return f"{len(mutants)} mutants, " + ", ".join(f"{outcomes[word]} {word}" for word in words)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _code(text: str) -> str:
    return f"`{_cell(text)}`"


if __name__ == "__main__":
    sys.exit(main())
