"""Find and replace: what the preview says is what happens, on every kind of row."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.example import Conversation, Example, Kind, Preference, Text, Triple, turns_of
from studio.core.problems import DataError
from studio.data.passages import passages
from studio.data.pattern import LONGEST, Replacer, Wanted, with_hits
from studio.data.replacing import Found, Place, replace, search
from studio.data.schema import Stopped
from studio.data.store import Dataset


def dataset(folder: Path, kind: Kind, *examples: Example) -> Dataset:
    made = Dataset.create(folder / "rows.dataset", kind)
    made.insert(0, examples)
    return made


def find(data: Dataset, wanted: Wanted) -> Found:
    return search(data, data.ids, data.fields, wanted)


def ticks(found: Found, without: Iterable[int] = ()) -> np.ndarray:
    return ~np.isin(np.arange(len(found)), list(without))


def replace_all(data: Dataset, wanted: Wanted, without: tuple[int, ...] = ()) -> None:
    found = find(data, wanted)
    replace(data, found, ticks(found, without))


def replaced(wanted: Wanted, text: str) -> str:
    return with_hits(text, Replacer(wanted).hits(text))


TEXTS = st.text(st.sampled_from("aAbB x\n.é_"), max_size=20)


@given(TEXTS, st.text(st.sampled_from("ab .x"), min_size=1, max_size=3), TEXTS)
def test_a_plain_text_is_replaced_as_python_does(text: str, find: str, put: str):
    assert replaced(Wanted(find, put), text) == text.replace(find, put)


PATTERNS = ["a", "(a)(b)?", "[ab]+", "x*", "^.", r"\b", "(?P<c>.)a", "$", "a|b"]
PUTS = ["", "-", r"<\g<0>>", r"\\"]


@given(TEXTS, st.sampled_from(PATTERNS), st.sampled_from(PUTS))
def test_an_expression_is_replaced_as_python_does(text: str, pattern: str, put: str):
    expected = re.sub(pattern, put, text, flags=re.MULTILINE)
    assert replaced(Wanted(pattern, put, expression=True), text) == expected


@given(TEXTS)
def test_whole_words_without_regard_to_capitals_are_replaced_as_python_does(text: str):
    expected = re.sub(r"\bab\b", "x", text, flags=re.IGNORECASE)
    assert replaced(Wanted("ab", "x", case=False, word=True), text) == expected


def test_groups_are_put_in_by_number_and_name():
    wanted = Wanted(r"(\w+) (?P<last>\w+)", r"\g<last>, \1", expression=True)
    assert replaced(wanted, "Ada Lovelace") == "Lovelace, Ada"


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (Wanted("(", expression=True), "missing"),
        (Wanted("a", r"\2", expression=True), "invalid group reference"),
        (Wanted("a", r"\g<no>", expression=True), "unknown group"),
        (Wanted("a", "\\", expression=True), "bad escape"),
        (Wanted(""), "nothing to find"),
    ],
)
def test_what_cannot_be_searched_for_is_said_before_the_search(wanted: Wanted, words: str):
    with pytest.raises(DataError, match=words):
        Replacer(wanted)


def test_a_comment_at_the_end_of_an_expression_hides_nothing():
    wanted = Wanted("(?x) a # comment", "b", word=True, expression=True)
    assert replaced(wanted, "a aa") == "b aa"


def test_a_pattern_that_would_take_for_ever_ends_with_a_sentence(tmp_path: Path):
    data = dataset(tmp_path, Kind.TRIPLE, Triple("q"), Triple("q", "", "a" * 40 + "b"))
    begun = time.monotonic()
    with pytest.raises(DataError, match=r"1 s and was stopped. It was the output of row 2."):
        find(data, Wanted("(a|aa)+$", "", expression=True))
    assert time.monotonic() - begun < 30
    data.close()


def test_a_text_does_not_grow_without_end():
    with pytest.raises(DataError, match="characters long"):
        replaced(Wanted("a", "b" * (LONGEST // 100)), "a" * 200)


def test_only_texts_that_change_are_found():
    assert Replacer(Wanted("a", "a")).hits("banana") == []
    hits = Replacer(Wanted("[ab]", "a", expression=True)).hits("ab")
    assert [(hit.start, hit.end) for hit in hits] == [(1, 2)]


WORDS = st.text(st.sampled_from('ab \n"\\{é😀<'), max_size=8)
TURNS = st.lists(
    st.builds(
        lambda role, said: {"role": role, "content": said}, st.sampled_from(["user", "b"]), WORDS
    )
    | st.builds(
        lambda said: {"role": "user", "content": [{"type": "text", "text": said}, 3]}, WORDS
    )
    | st.just({"role": "assistant", "tool_calls": [{"name": "ab"}]}),
    max_size=3,
).map(tuple)
EXAMPLES: dict[Kind, st.SearchStrategy[Example]] = {
    Kind.TRIPLE: st.builds(Triple, WORDS, WORDS, WORDS),
    Kind.TEXT: st.builds(Text, WORDS),
    Kind.CONVERSATION: st.builds(Conversation, TURNS),
    Kind.PREFERENCE: st.builds(Preference, WORDS, WORDS, WORDS, TURNS),
}


@pytest.fixture(scope="module")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[Kind, Dataset]]:
    folder = tmp_path_factory.mktemp("replace")
    made = {kind: Dataset.create(folder / f"{kind}.dataset", kind) for kind in Kind}
    yield made
    for data in made.values():
        data.close()


@pytest.mark.parametrize("kind", list(Kind))
@settings(max_examples=40)
@given(data=st.data())
def test_what_the_preview_says_is_what_happens(
    datasets: dict[Kind, Dataset], kind: Kind, data: st.DataObject
):
    rows = data.draw(st.lists(EXAMPLES[kind], min_size=1, max_size=4))
    wanted = Wanted(
        data.draw(st.sampled_from(["a", "b", "é", '"', "ab", "\\"])),
        data.draw(st.sampled_from(["", '"', "\\", "</s>", "aa"])),
    )
    made = datasets[kind]
    made.delete(made.ids)
    made.insert(0, rows)
    found = find(made, wanted)
    without = data.draw(st.sets(st.sampled_from(range(len(found))))) if len(found) else set()
    before = {row.id: row for row in made.rows()}
    places = [found.place(change) for change in range(len(found)) if change not in without]
    promised = {(place.row, place.field) for place in places}
    replace(made, found, ticks(found, without))
    for row in made.rows():
        assert row.example  # turns are JSON of the right form still
        for field in made.fields:
            old, new = before[row.id].text(field), row.text(field)
            assert (old != new) == ((row.id, field) in promised)
            ticked = sum(place == Place(row.id, field, place.at) for place in places)
            assert _count(old, field, wanted) - _count(new, field, wanted) <= ticked
            if not without:
                assert [p.replace(wanted.find, wanted.put) for p in passages(field, old)] == [
                    *passages(field, new)
                ]
    if promised:
        assert made.undo_text == wanted.name
        made.undo()
    assert {row.id: row.texts for row in made.rows()} == {i: r.texts for i, r in before.items()}


def _count(text: str, field: str, wanted: Wanted) -> int:
    return sum(passage.count(wanted.find) for passage in passages(field, text))


def test_only_what_turns_say_is_replaced(tmp_path: Path):
    turns = (
        {"role": "user", "content": "a user asks"},
        {"role": "assistant", "content": "", "tool_calls": [{"name": "user"}], "user": "user"},
        {"role": "user", "content": ["user", {"type": "text", "text": "user"}, {"type": "image"}]},
    )
    with dataset(tmp_path, Kind.CONVERSATION, Conversation(turns, ({"name": "user"},))) as data:
        replace_all(data, Wanted("user", 'a "guest"\n'))
        (row,) = data.read(0, 1)
        now = turns_of(row.text("messages"))
        assert [turn["role"] for turn in now] == ["user", "assistant", "user"]
        assert now[0]["content"] == 'a a "guest"\n asks'
        assert now[1] == turns[1]
        assert now[2]["content"] == [
            'a "guest"\n',
            {"type": "text", "text": 'a "guest"\n'},
            {"type": "image"},
        ]
        assert json.loads(row.text("tools")) == [{"name": "user"}]


def test_turns_that_are_no_json_are_left_alone_and_counted(tmp_path: Path):
    with dataset(tmp_path, Kind.CONVERSATION) as data:
        data.insert(0, [("not json a", ""), ('[{"role": "user", "content": "a"}]', "")])
        found = find(data, Wanted("a", "b"))
        assert (len(found), found.unreadable) == (1, 1)


def test_half_a_character_in_json_stays_an_escape(tmp_path: Path):
    with dataset(tmp_path, Kind.CONVERSATION) as data:
        data.insert(0, [('[{"role": "user", "content": "a\\ud83d"}]', "")])
        replace_all(data, Wanted("a", "b"))
        assert data.read(0, 1)[0].text("messages") == '[{"role": "user", "content": "b\\ud83d"}]'


def test_changes_made_after_the_search_ask_for_another(tmp_path: Path):
    with dataset(tmp_path, Kind.TRIPLE, Triple("a"), Triple("a")) as data:
        found = find(data, Wanted("a", "b"))
        data.edit(int(data.ids[0]), "instruction", "aa")
        with pytest.raises(DataError, match="changed since"):
            replace(data, found, ticks(found))


def test_a_search_that_is_cancelled_stops_and_a_replacement_leaves_nothing(tmp_path: Path):
    with dataset(tmp_path, Kind.TRIPLE, *(Triple("a") for _ in range(3000))) as data:
        found = find(data, Wanted("a", "b"))
        with pytest.raises(Stopped):
            search(data, data.ids, data.fields, found.wanted, cancelled=lambda: True)
        asked = iter([False, True])
        with pytest.raises(Stopped):
            replace(data, found, ticks(found), cancelled=lambda: next(asked))
        assert data.undo_text == "Add 3,000 rows"


def test_only_the_rows_and_fields_that_were_named_are_searched(tmp_path: Path):
    with dataset(tmp_path, Kind.TRIPLE, *(Triple("a", "a", "a") for _ in range(3))) as data:
        ids = data.ids[1:]
        found = search(data, ids, ("input",), Wanted("a", "b"))
        replace(data, found, ticks(found))
        assert [row.texts for row in data.rows()] == [("a", "a", "a")] + [("a", "b", "a")] * 2
        assert found.row_count == 2
        assert np.array_equal(found.rows, ids)
