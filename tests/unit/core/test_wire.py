import json
import math
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.core.events import EVENTS, RunStarted, StepDone
from studio.core.wire import MAX_LINE, Codec, LineReader, Unknown


@dataclass(frozen=True, slots=True)
class Note:
    text: str
    value: float = 0.0
    parts: tuple[int, ...] = ()
    extra: dict[str, Any] | None = None


CODEC = Codec([Note])
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda x: st.lists(x, max_size=3)
)


@given(st.text(), st.floats(allow_nan=False), st.dictionaries(st.text(), PLAIN, max_size=3))
def test_what_is_encoded_comes_back(text: str, value: float, extra: dict[str, Any]):
    note = Note(text, value, (1, 2), extra)
    line = CODEC.encode(note)
    assert line.count(b"\n") == 1 and line.endswith(b"\n")
    assert CODEC.decode(line) == note


def test_a_nan_travels_as_valid_json():
    line = EVENTS.encode(
        StepDone(
            step=1,
            loss=math.nan,
            learning_rate=math.inf,
            grad_norm=-math.inf,
            tokens=1,
            trained_tokens=1,
            seconds=0.1,
        )
    )
    json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    back = EVENTS.decode(line)
    assert math.isnan(back.loss) and back.learning_rate == math.inf and back.grad_norm == -math.inf


def test_a_lone_surrogate_from_a_dataset_does_not_break_the_stream():
    assert CODEC.decode(CODEC.encode(Note("\ud800"))).text == "\ud800"


def test_an_older_reader_follows_a_newer_writer():
    assert CODEC.decode(b'{"kind":"Note","text":"a","colour":"green"}') == Note("a")
    assert CODEC.decode(b'{"kind":"Later","n":1}') == Unknown("Later", {"kind": "Later", "n": 1})


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"[1]",
        b"{",
        b'{"kind":"Note"}',
        b'{"kind":"Note","text":5}',
        b'{"kind":"Note","text":"a","value":"1"}',
        b'{"kind":"Note","text":"a","value":true}',
        b'{"kind":"Note","text":"a","value":1' + b"0" * 400 + b"}",
        b"\xff\xfe",
        b"[" * 100_000,
        b" " * (MAX_LINE + 1),
    ],
)
def test_a_line_that_is_no_message_is_a_value_error(line: bytes):
    with pytest.raises(ValueError, match=r"."):
        CODEC.decode(line)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=20), st.randoms())
def test_messages_survive_any_cutting_of_the_stream(cuts: list[int], random: Any):
    notes = [Note(f"n{i} é") for i in range(10)]
    stream = b"".join(CODEC.encode(n) for n in notes)
    reader, found, at = LineReader(CODEC), [], 0
    while at < len(stream):
        size = random.choice(cuts)
        found += list(reader.feed(stream[at : at + size]))
        at += size
    assert found == notes and reader.bad_lines == []


def test_a_torn_last_line_waits_and_a_bad_line_is_kept_aside():
    reader = LineReader(EVENTS)
    whole = EVENTS.encode(RunStarted(run="r", total_steps=3, pid=7))
    assert list(reader.feed(whole[:-5])) == []
    assert [e.run for e in reader.feed(whole[-5:] + b"{half\n\n" + whole)] == ["r", "r"]
    assert reader.bad_lines == [b"{half"]
