"""Lines that are too long or broken, in a stream."""

import pytest

from studio.core import wire
from studio.core.protocol import PROTOCOL, RequestFailed
from studio.core.wire import LineReader

MESSAGE = RequestFailed(id=1, summary="No.")


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_stream_cut_anywhere_gives_the_same_messages(size):
    stream = PROTOCOL.encode(MESSAGE) * 3 + b"broken\n" + PROTOCOL.encode(MESSAGE)
    reader = LineReader(PROTOCOL)
    found = [m for i in range(0, len(stream), size) for m in reader.feed(stream[i : i + size])]
    assert found == [MESSAGE] * 4
    assert reader.bad_lines == [b"broken"]


def test_a_line_that_is_too_long_is_dropped_and_counted_and_the_next_is_read(monkeypatch):
    monkeypatch.setattr(wire, "MAX_LINE", 100)
    reader = LineReader(PROTOCOL)
    found = [m for _ in range(50) for m in reader.feed(b"x" * 10)]
    assert reader.dropped_lines == 1
    assert sum(len(piece) for piece in reader._tail) <= 110
    found += list(reader.feed(b"\n" + PROTOCOL.encode(MESSAGE)))
    assert found == [MESSAGE]
    assert reader.dropped_lines == 1
