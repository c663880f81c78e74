"""What a tool raises where nobody catches it goes to no log: Python as it is would print it."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent, indent

import pytest

ROOT = Path(__file__).parents[3]
WORD = "kiebitz"

RAISING = {
    "a thread": """
        thread = threading.Thread(target=fail)
        thread.start()
        thread.join()
    """,
    "a thread without a frame": """
        lock = threading.Lock()
        lock.acquire()
        def fail_there():
            try:
                fail()
            finally:
                lock.release()
        _thread.start_new_thread(fail_there, ())
        lock.acquire()
        time.sleep(0.1)
    """,
    "a finalizer": """
        class Gone:
            def __del__(self): fail()
        Gone()
    """,
    "a task": """
        async def other(): fail()
        async def main():
            asyncio.create_task(other())
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        asyncio.run(main())
        gc.collect()
    """,
    "a callback of a loop": """
        loop = asyncio.new_event_loop()
        loop.call_soon(fail)
        loop.call_soon(loop.stop)
        loop.run_forever()
        loop.close()
    """,
    "a callback of a future": """
        future = concurrent.futures.Future()
        future.add_done_callback(lambda _: fail())
        future.set_result(1)
    """,
    "a log line": """
        logging.getLogger("acme").error("no %d", WORD)
    """,
    "a process": """
        process = multiprocessing.get_context("fork").Process(target=fail)
        process.start()
        process.join()
        assert process.exitcode == 1, process.exitcode
    """,
    "a process that says why it ends": """
        process = multiprocessing.get_context("fork").Process(target=sys.exit, args=(WORD,))
        process.start()
        process.join()
        assert process.exitcode == 1, process.exitcode
    """,
    "a process of a class": """
        class Worker(multiprocessing.get_context("fork").Process):
            def run(self): fail()
        process = Worker()
        process.start()
        process.join()
        assert process.exitcode == 1, process.exitcode
    """,
    "the end of the process": """
        atexit.register(fail)
        if os.fork() == 0:
            sys.exit()
        os.wait()
    """,
}

PROGRAM = f"""
import _thread, asyncio, atexit, concurrent.futures, gc, logging, multiprocessing, os, sys, threading, time
from functions.tools.child import run_in_child
WORD = "{WORD}"
def fail():
    raise ValueError(WORD)
def tool():
{{body}}
    return "returned"
print(run_in_child(tool, timeout_seconds=10, told_errors=LookupError))
"""


@pytest.mark.parametrize("body", RAISING.values(), ids=RAISING)
def test_nothing_is_printed_of_what_is_raised_in(body):
    program = PROGRAM.format(body=indent(dedent(body), "    "))

    ended = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert ended.stdout == "Returned(value='returned')\n"
    assert WORD not in ended.stderr
