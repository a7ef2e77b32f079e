"""Making a dataset of another kind: what comes out, what is left out, and that the old one stays."""

from __future__ import annotations

import pytest

from studio.core.example import Conversation, Kind, Preference, Text, Triple, kind_of, texts_of
from studio.core.problems import DataError
from studio.data.conversions import ways_from
from studio.data.converting import convert, way_named
from studio.data.store import Dataset


def user(text):
    return {"role": "user", "content": text}


def assistant(text):
    return {"role": "assistant", "content": text}


def converted(folder, rows, to, how=""):
    """Return the examples of the new dataset, and the report."""
    with Dataset.create(folder / "old.sqlite", kind_of(rows[0])) as dataset:
        dataset.insert(0, rows)
        before = dataset.fingerprint()
        report = convert(dataset, folder / "new.sqlite", way_named(dataset.kind, to, how))
        assert dataset.fingerprint() == before
    with Dataset.open(folder / "new.sqlite", read_only=True) as new:
        left = [(each.line, each.reason) for each in new.left_out()]
        assert len(left) == report.left_out
        return [row.example for row in new.rows()], left


TALK = ({"role": "system", "content": "s"}, user("1"), assistant("a"), user("2"), assistant("b"))


def test_a_question_and_its_answer_become_two_turns(tmp_path):
    found, left = converted(tmp_path, [Triple("a", "b", "c"), Triple("d", "", "e")], "conversation")
    assert found == [
        Conversation((user("a\nb"), assistant("c"))),
        Conversation((user("d"), assistant("e"))),
    ]
    assert left == []


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("first", [Triple("1", "", "a")]),
        ("each", [Triple("1", "", "a"), Triple("2", "", "b")]),
        (
            "transcript",
            [
                Triple("System: s\n\n1", "", "a"),
                Triple("System: s\n\nUser: 1\n\nAssistant: a\n\n2", "", "b"),
            ],
        ),
    ],
)
def test_a_conversation_becomes_rows_in_three_ways(tmp_path, how, expected):
    found, left = converted(tmp_path, [Conversation(TALK)], "triple", how)
    assert found == expected
    assert left == []


def test_a_conversation_that_calls_tools_is_left_out_and_listed(tmp_path):
    tool = {"type": "function", "function": {"name": "f"}}
    rows = [Conversation(TALK), Conversation(TALK, (tool,)), Conversation((user("alone"),))]
    found, left = converted(tmp_path, rows, "triple")
    assert len(found) == 1
    assert left == [(2, "it calls tools"), (3, "no turn of the user is answered")]


def test_the_chosen_answer_is_kept_of_a_pair(tmp_path):
    rows = [
        Preference("p", "good", "bad"),
        Preference("p", "", "bad"),
        Preference("p", "good", "bad", TALK),
    ]
    found, left = converted(tmp_path, rows, "triple")
    assert found == [Triple("p", "", "good")]
    assert [line for line, _ in left] == [2, 3]


def test_a_pair_becomes_a_conversation_with_the_turns_before_it(tmp_path):
    found, _ = converted(tmp_path, [Preference("p", "good", "bad", TALK)], "conversation")
    assert found == [Conversation((*TALK, user("p"), assistant("good")))]


def test_pairs_become_marked_answers_and_pairs_again(tmp_path):
    pairs = [Preference("p", "good", "bad"), Preference("q", "g", "b", TALK)]
    marked, _ = converted(tmp_path, pairs, "kto")
    assert marked == [
        Preference("p", "good"),
        Preference("p", "", "bad"),
        Preference("q", "g", "", TALK),
        Preference("q", "", "b", TALK),
    ]
    (tmp_path / "again").mkdir()
    again, left = converted(tmp_path / "again", marked, "preference", "pairs")
    assert again == pairs
    assert left == []


def test_an_answer_without_a_counterpart_is_listed(tmp_path):
    rows = [Preference("p", "g"), Preference("q", "", "b"), Preference("p", "", "b")]
    found, left = converted(tmp_path, rows, "preference", "pairs")
    assert found == [Preference("p", "g", "b")]
    assert left == [(2, "no other answer to its question is its counterpart")]


def test_splits_tags_and_other_columns_go_along(tmp_path):
    with Dataset.create(tmp_path / "old.sqlite", Kind.CONVERSATION) as dataset:
        dataset.insert(0, [Conversation(TALK)], "test")
        dataset.add_tag([1], "a tag")
        convert(dataset, tmp_path / "new.sqlite", way_named(Kind.CONVERSATION, "triple", "each"))
    with Dataset.open(tmp_path / "new.sqlite", read_only=True) as new:
        assert [(row.split, row.tags) for row in new.rows()] == [("test", ("a tag",))] * 2


@pytest.mark.parametrize(
    ("kind", "to", "why"),
    [
        (Kind.TRIPLE, "preference", "needs a rejected answer"),
        (Kind.TEXT, "triple", "stays text"),
        (Kind.PREFERENCE, "text", "cannot be made"),
    ],
)
def test_what_makes_no_sense_is_refused_with_its_reason(kind, to, why):
    with pytest.raises(DataError, match=why):
        way_named(kind, to)


def test_a_conversion_of_nothing_leaves_nothing(tmp_path):
    with Dataset.create(tmp_path / "old.sqlite", Kind.CONVERSATION) as dataset:
        dataset.insert(0, [Conversation((user("alone"),))])
        with pytest.raises(DataError, match="Not one row"):
            convert(dataset, tmp_path / "new.sqlite", way_named(Kind.CONVERSATION, "triple"))
        way = way_named(Kind.CONVERSATION, "triple")
        with pytest.raises(DataError, match="stopped"):
            convert(dataset, tmp_path / "new.sqlite", way, cancelled=lambda: True)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith((".new", "new"))]


def test_every_way_says_what_it_loses_or_loses_nothing():
    whole = Preference("p", "good", "bad")
    for kind in Kind:
        for way in ways_from(kind):
            assert way.title
            assert way.loses.endswith(".") or way.to_name == "kto"
    (way,) = (way for way in ways_from(Kind.PREFERENCE) if way.to_name == "kto")
    assert len(way.start()(texts_of(whole))) == 2
    assert ways_from(kind_of(Text("x"))) == ()
