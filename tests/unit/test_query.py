"""The language of the search field: what it reads, what it finds, and what it says when it cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.example import FIELDS, Kind, Triple
from studio.data import wordindex
from studio.data.conditions import (
    EVERYTHING,
    Compare,
    Condition,
    Either,
    Every,
    Exactly,
    Has,
    Not,
    Word,
)
from studio.data.finding import Finder, Sort
from studio.data.query import QueryError, parse, quoted
from studio.data.store import Dataset, Row

TEXTS = (
    "Is late check-out possible",
    "late LATER plate",
    "café Café CAFE",
    "京都のホテル",
    "100% sure_thing \\ <s>",
    "a\x00hidden late",
    'she said "hi"',
    "",
)


def read(text: str, kind: Kind = Kind.TRIPLE) -> Condition:
    return parse(text, kind)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("  ", EVERYTHING),
        ("late", Word("late")),
        ("late check", Every((Word("late"), Word("check")))),
        ('"late check"', Exactly("late check")),
        ("check-out", Exactly("check-out")),
        ("京都", Exactly("京都")),
        ("-dog", Not(Word("dog"))),
        ("--dog", Word("dog")),
        ("output:late", Word("late", "output")),
        ('Output:"late check"', Exactly("late check", "output")),
        ("a b or c", Either((Every((Word("a"), Word("b"))), Word("c")))),
        ("a (b OR c)", Every((Word("a"), Either((Word("b"), Word("c")))))),
        ("a and b", Every((Word("a"), Word("b")))),
        ("split:val", Has("split", "validation")),
        ("tag:any", Has("tag", None)),
        ('tag:"any"', Has("tag", "any")),
        ("problem:end_cut", Has("problem", "end_cut")),
        ("tokens>1,000", Compare("tokens", ">", 1000)),
        ("trained<=5", Compare("trained", "<=", 5)),
        ("-(a b)", Not(Every((Word("a"), Word("b"))))),
        ('"say ""hi"""', Exactly('say "hi"')),
        ("i<10", Exactly("i<10")),
        ("<s>", Exactly("<s>")),
        ("-", Exactly("-")),
    ],
)
def test_an_expression_becomes_conditions(text: str, condition: Condition) -> None:
    assert read(text) == condition


@pytest.mark.parametrize(
    ("text", "position", "words"),
    [
        ('a "late', 3, "quote is not closed"),
        ("a (b", 3, "bracket is not closed"),
        ("a) b", 2, "without an opening"),
        ("a ()", 4, "before the closing bracket"),
        ("a or", 5, "beside “or”"),
        ("and a", 1, "beside “and”"),
        ("colour:red", 1, "no “colour” to search in; there are instruction, input, output,"),
        ("split:dev", 7, "no split “dev”; there are train, validation, test"),
        ("problem:gout", 9, "no problem “gout”"),
        ("tokens:512", 1, "tokens>512"),
        ("a tokens>many", 10, "number is missing"),
        ("tag:", 5, "Nothing stands after tag:"),
        ('""', 1, "between the quotes"),
        ("a \ud800", 3, "half of a character"),
        ("x" * 2001, 2001, "2,000 characters"),
        ("(" * 50, 41, "40 deep"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_place(text: str, position: int, words: str) -> None:
    with pytest.raises(QueryError) as told:
        read(text)
    assert words in told.value.summary
    assert told.value.position == position
    assert f"at character {position:,}" in told.value.summary


ANY_TEXT = st.one_of(
    st.text(max_size=60),
    st.lists(
        st.sampled_from(
            [
                "a",
                "late",
                "or",
                "AND",
                "-",
                "(",
                ")",
                '"',
                " ",
                "tag:",
                "tokens>",
                "9",
                "京",
                "\x00",
            ]
        ),
        max_size=25,
    ).map("".join),
)


@given(ANY_TEXT, st.sampled_from(list(Kind)))
def test_any_text_is_read_or_refused_with_a_sentence(text: str, kind: Kind) -> None:
    places = [1]
    try:
        parse(text, kind)
    except QueryError as problem:
        places = [problem.position]
    assert all(1 <= place <= len(text) + 1 for place in places)


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_a_quoted_text_stands_for_itself(text: str) -> None:
    assert read(quoted(text)) in (Exactly(text), Word(text))


# what is found, against a plain filter


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    path = tmp_path_factory.mktemp("data") / "rows.sqlite"
    with Dataset.create(path) as made:
        triples = [
            Triple(TEXTS[i % len(TEXTS)], TEXTS[(i // 3) % len(TEXTS)], TEXTS[(i * 5) % 7])
            for i in range(60)
        ]
        made.insert(0, triples)
        ids = made.ids
        made.set_split(ids[::4], "test")
        made.add_tag(ids[::3], "rooms")
        made.add_tag(ids[::7], "Late fees")
        made.set_note(int(ids[5]), "look again, Late")
        made.delete(ids[20:23])
        made.move(ids[40:45], 2)
    with Dataset.open(path) as opened:
        yield opened


def folded(text: str) -> str:
    """Fold A to Z only, as SQLite does."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def plain_words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9é]+|[^\x00-\x7f]+", text.lower())


def meets(row: Row, part: Condition, *, indexed: bool) -> bool:
    """Tell whether a row meets a condition, the slow way."""
    match part:
        case Every():
            return all(meets(row, each, indexed=indexed) for each in part.parts)
        case Either():
            return any(meets(row, each, indexed=indexed) for each in part.parts)
        case Not():
            return not meets(row, part.part, indexed=indexed)
        case Word() | Exactly():
            texts = [row.text(part.field)] if part.field else list(row.texts)
            if isinstance(part, Word) and indexed:
                plain = part.text.lower().replace("é", "e")
                words = (w.replace("é", "e") for text in texts for w in plain_words(text))
                return any(word.startswith(plain) for word in words)
            return any(folded(part.text) in folded(text) for text in texts)
        case Has("split"):
            return part.value in (None, row.split)
        case Has("tag"):
            return any(part.value is None or folded(part.value) == folded(t) for t in row.tags)
        case Has("note"):
            return bool(row.note) and (part.value is None or folded(part.value) in folded(row.note))
        case Compare("chars"):
            return compared(sum(len(text.split("\x00")[0]) for text in row.texts), part)
    raise AssertionError(part)


def compared(value: int, part: Compare) -> bool:
    return {
        "<": value < part.number,
        "<=": value <= part.number,
        ">": value > part.number,
        ">=": value >= part.number,
        "=": value == part.number,
        "!=": value != part.number,
    }[part.operator]


FIELD = st.sampled_from(("", *FIELDS[Kind.TRIPLE]))
LEAF = st.one_of(
    st.builds(
        Word, st.sampled_from(["late", "LAT", "l", "cafe", "café", "possible", "100", "s"]), FIELD
    ),
    st.builds(
        Exactly,
        st.sampled_from(
            ["ate", "late check", "check-out p", "京都", "%", "_", "\\", "<s>", "hid", '"']
        ),
        FIELD,
    ),
    st.builds(Has, st.just("split"), st.sampled_from(["train", "test", "validation", None])),
    st.builds(Has, st.just("tag"), st.sampled_from(["rooms", "late FEES", "none", None])),
    st.builds(Has, st.just("note"), st.sampled_from(["late", "zzz", None])),
    st.builds(
        Compare, st.just("chars"), st.sampled_from(["<", "<=", ">", "=", "!="]), st.integers(0, 80)
    ),
)
CONDITION = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Every, st.lists(inner, min_size=1, max_size=3).map(tuple)),
        st.builds(Either, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)


def check_condition(dataset: Dataset, condition: Condition, *, indexed: bool) -> None:
    with Finder(dataset.path, dataset.kind) as finder:
        assert finder.indexed is indexed
        *_, found = finder.find(condition, Sort(), dataset.ids)
        *_, by_text = finder.find(condition, Sort("output"), dataset.ids)
    wanted = [row.id for row in dataset.rows() if meets(row, condition, indexed=indexed)]
    assert found.tolist() == wanted
    assert sorted(by_text.tolist()) == sorted(wanted)


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(condition=CONDITION)
def test_without_an_index_rows_are_found_as_by_a_plain_filter(
    dataset: Dataset, condition: Condition
) -> None:
    check_condition(dataset, condition, indexed=False)


@pytest.fixture(scope="module")
def indexed(dataset: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dataset]:
    path = tmp_path_factory.mktemp("indexed") / "rows.sqlite"
    path.write_bytes(dataset.path.read_bytes())
    with Dataset.create(path.with_name("other.sqlite")):
        pass
    assert wordindex.build(path)
    with Dataset.open(path) as opened:
        yield opened


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None
)
@given(condition=CONDITION)
def test_with_an_index_words_are_found_by_their_beginning(
    indexed: Dataset, condition: Condition
) -> None:
    check_condition(indexed, condition, indexed=True)
