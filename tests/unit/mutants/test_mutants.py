from pathlib import Path

import pytest

from tests.mutants.mutants import MUTANTS, Mutant

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_breaks_is_still_there(mutant: Mutant):
    source = (ROOT / mutant.file).read_text()

    assert source.count(mutant.before) == 1
    assert source != source.replace(mutant.before, mutant.after)


def test_every_mutant_breaks_code_that_still_compiles():
    for mutant in MUTANTS:
        source = (ROOT / mutant.file).read_text()
        compile(source.replace(mutant.before, mutant.after), mutant.file, "exec")
