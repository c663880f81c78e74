"""Errors go from process to process, as pools of processes and task queues hand them on."""

import copy
import pickle

import pytest

from runrelay import (
    InvalidRequestError,
    Problem,
    RunrelayError,
    UnreadableRun,
    UnreadableRunError,
    WaitTimeoutError,
    WrongField,
)
from runrelay.client.decoding import whole_run
from tests.unit.client.test_client_decoding import RUN

PROBLEM = Problem(
    title="Unprocessable", status=422, detail="no", errors=(WrongField(field="tools.0", message="no such"),)
)
ERRORS = {
    "of an answer": InvalidRequestError("no", status=422, problem=PROBLEM, request_id="abc="),
    "of a wait": WaitTimeoutError(whole_run(RUN), 5.0),
    "of a damaged run": UnreadableRunError(UnreadableRun(run_id="run_1", unreadable=())),
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
def test_a_copy_of_an_error_says_what_it_said(error: RunrelayError):
    for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(again), str(again)) == (type(error), str(error))
        assert vars(again) == vars(error)
