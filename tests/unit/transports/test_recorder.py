"""The recorder writes down what passes, and passes it on unchanged."""

from __future__ import annotations

import io
import json
import socket

import pytest

from drivers.contracts.errors import TransportError
from drivers.transports.recorder import RecordingTransport
from drivers.transports.tcp import TcpTransport


def test_conversation_becomes_a_vector_file() -> None:
    vectors = io.StringIO()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        line = RecordingTransport(TcpTransport(f"tcp://127.0.0.1:{listener.getsockname()[1]}"), vectors)
        line.write(b"\x1bRfv\r", timeout_s=5)
        far, _ = listener.accept()
        far.sendall(b"1.0\r\x00")
        assert line.read(100, timeout_s=5) == b"1.0\r\x00"
        line.half_close()
        line.close()
        far.close()
    assert [json.loads(entry) for entry in vectors.getvalue().splitlines()] == [
        {"sent": "1b5266760d"},
        {"received": "312e300d00"},
        {"closed": "half"},
        {"closed": "by us"},
    ]


def test_failure_is_written_down_too() -> None:
    vectors = io.StringIO()
    with socket.create_server(("127.0.0.1", 0)) as unused:
        line = RecordingTransport(TcpTransport(f"tcp://127.0.0.1:{unused.getsockname()[1]}"), vectors)
    with pytest.raises(TransportError):
        line.write(b"x", timeout_s=5)
    assert "connect" in json.loads(vectors.getvalue().splitlines()[-1])["closed"]
