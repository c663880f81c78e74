"""The backend of a stack that stays up is sent traces while other tests run, and some of them bar sockets."""

import subprocess
import sys

import pytest_socket

from tests.harness.trace_backend import receiving

SEND = "import sys, urllib.request; urllib.request.urlopen(sys.argv[1], data=b'late', timeout=10)"


def test_it_receives_what_comes_while_a_test_may_make_no_socket(socket_enabled):
    with receiving() as backend:
        pytest_socket.disable_socket()
        subprocess.run([sys.executable, "-c", SEND, f"{backend.url}/v1/traces"], check=True, timeout=30)

    assert [received.body for received in backend.received] == [b"late"]
