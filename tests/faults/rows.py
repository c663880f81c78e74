"""The fault matrix: its rows, where the proof of each is, and why some are left out.

The rows are those of section 3.3 of the project's notes on AWS. A test here says which row it proves with
`@row("F13")`; rows that are proved in another folder, wholly or in part, name the tests there.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]

row = pytest.mark.row

FAULTS = {
    "F01": "the same delivery 100 times, 32 at once",
    "F02": "the same event under two webhook ids",
    "F03": "a run's webhooks in every order",
    "F04": "a captured webhook again, after the tolerance",
    "F05": "a timestamp at the edge of the tolerance",
    "F06": "forged signatures and headers",
    "F07": "a body that is not byte for byte the signed one",
    "F08": "bodies of up to 10 MB",
    "F09": "signed, and no event that we know",
    "F10": "the secret is rotated, revoked, out of reach",
    "F11": "clocks that differ by a minute, and by 400 s",
    "F12": "SendMessage fails in every way",
    "F13": "SendMessage is applied and its reply lost",
    "F14": "a proxy's 200 that is no answer of SQS",
    "F15": "the webhook function is killed at each step",
    "F16": "the worker is killed at each request",
    "F17": "a crash between a side effect and its record",
    "F18": "a function times out in the middle of a batch",
    "F19": "a poison message in a batch of ten",
    "F20": "a zombie: its lease ran out, and it goes on",
    "F21": "each DynamoDB operation fails",
    "F22": "DynamoDB is down for ten minutes",
    "F23": "more than an item holds",
    "F24": "OpenAI is limited, broken, slow, garbled",
    "F25": "OpenAI does not know, or refuses",
    "F26": "a webhook never arrives, or days later",
    "F27": "a webhook says what is not so",
    "F28": "a malformed partial batch response",
    "F29": "dead letters are redriven, once and twice",
    "F30": "a deploy in the middle of a run, and back",
    "F31": "random mixes of everything",
    "F32": "hostile tool calls and outputs",
    "F33": "processing outlasts the visibility timeout",
    "F34": "records expire too early, or too late",
    "F35": "a throttled front door",
    "F36": "logs and metrics cannot be written",
}

_INTAKE = "tests/unit/webhook/test_webhook_intake.py"
_VERIFICATION = "tests/unit/webhook/test_webhook_verification.py"
_SECRETS = "tests/unit/webhook/test_webhook_signing_secrets.py"
_WEBHOOK = "tests/integration/webhook/test_webhook_function.py"
_CRASH = "tests/crash/test_crash_points.py::test_no_promise_is_broken_wherever_a_run_breaks"
_NEIGHBOURS = "tests/e2e/test_neighbours.py"
_BATCH = "tests/unit/layer/test_batch.py"
_CHILD = "tests/unit/tools/test_child.py"

ELSEWHERE: dict[str, tuple[str, ...]] = {
    "F04": (f"{_WEBHOOK}::test_a_replay_of_a_captured_webhook_after_the_tolerance_is_refused",),
    "F05": (f"{_VERIFICATION}::test_exactly_the_tolerance_still_passes_and_a_second_more_does_not",),
    "F06": (
        f"{_VERIFICATION}::test_a_missing_doubled_or_malformed_header_is_refused_by_name",
        f"{_VERIFICATION}::test_a_forged_signature_does_not_match",
        f"{_INTAKE}::test_whatever_a_stranger_sends_is_a_4xx_and_never_queued",
    ),
    "F07": (
        f"{_INTAKE}::test_only_the_exact_bytes_are_authentic",
        f"{_INTAKE}::test_the_flag_decides_whether_a_body_is_base64",
    ),
    "F08": (
        f"{_INTAKE}::test_a_body_that_is_too_large_is_refused_before_anything_is_computed",
        f"{_INTAKE}::test_the_largest_body_still_fits_into_one_message_of_sqs",
    ),
    "F09": (
        f"{_INTAKE}::test_a_signed_body_that_is_no_event_is_malformed",
        f"{_INTAKE}::test_whatever_is_signed_is_queued_or_a_4xx",
    ),
    "F10": (
        f"{_WEBHOOK}::test_a_rotation_reaches_a_warm_function_at_once_without_a_gap",
        f"{_WEBHOOK}::test_a_revoked_secret_is_refused_once_a_new_one_was_seen",
        f"{_SECRETS}::test_a_secret_that_was_revoked_is_believed_for_a_few_minutes_at_most",
    ),
    "F12": (
        f"{_WEBHOOK}::test_without_a_message_id_a_webhook_is_not_acknowledged",
        f"{_WEBHOOK}::test_an_aws_that_never_answers_is_a_503_within_five_seconds",
    ),
    "F14": (f"{_WEBHOOK}::test_without_a_message_id_a_webhook_is_not_acknowledged",),
    "F15": (_CRASH,),
    "F16": (_CRASH,),
    "F17": (_CRASH,),
    "F18": (
        f"{_NEIGHBOURS}::test_a_record_that_kills_or_hangs_its_process_takes_no_neighbour_to_the_dead_letter_queue",
    ),
    "F19": (
        f"{_NEIGHBOURS}::test_a_record_that_kills_or_hangs_its_process_takes_no_neighbour_to_the_dead_letter_queue",
        f"{_NEIGHBOURS}::test_a_record_that_raises_takes_no_neighbour_to_the_dead_letter_queue",
    ),
    "F28": (f"{_BATCH}::test_the_answer_names_each_record_that_is_not_done_once_and_no_other",),
    "F31": ("tests/schedules/test_schedules.py::test_whatever_is_delivered_the_final_record_is_the_same",),
    "F32": (
        f"{_CHILD}::test_a_tool_that_hangs_is_ended_at_its_timeout",
        f"{_CHILD}::test_an_output_of_ten_megabytes_comes_whole",
        "tests/unit/tools/test_tool_output.py::test_what_json_cannot_say_is_said_in_other_words",
    ),
    "F36": (
        f"{_BATCH}::test_a_batch_whose_output_is_closed_is_done_all_the_same",
        "tests/unit/test_source.py::test_no_fact_of_a_log_line_has_a_name_that_logging_refuses",
    ),
}
"""Row -> tests in other folders, as `file::function`."""

LEFT_OUT: dict[str, str] = {}
"""Row -> why there is no test of it. At present every row has one."""


def rows_tested_here() -> Iterator[tuple[str, str]]:
    """List every row that a test of this folder says it proves, and the test."""
    for file in sorted(HERE.glob("test_*.py")):
        for function in functions_of(file):
            for decorator in function.decorator_list:
                match decorator:
                    case ast.Call(func=ast.Name(id="row"), args=names):
                        yield from ((str(ast.literal_eval(name)), function.name) for name in names)


def functions_of(file: Path) -> Iterator[ast.FunctionDef]:
    """List the functions of a module."""
    tree = ast.parse(file.read_text())
    return (node for node in tree.body if isinstance(node, ast.FunctionDef))
