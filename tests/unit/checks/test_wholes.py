"""What rows have because of others: copies, leaks, patterns, languages, outliers, tags."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from studio.core.example import Kind
from studio.data.checks.report import Item, judge, whole_texts
from studio.data.checks.wholes import Rows
from studio.data.checks.wholes import judge as judge_wholes

WORDS = [
    "ferry",
    "harbour",
    "island",
    "cloud",
    "window",
    "garden",
    "letter",
    "number",
    "market",
    "winter",
    "summer",
    "paper",
]
LONG = (
    "The ferry leaves the harbour twice a day, once before breakfast and once when the shops"
    " close, and most passengers stand outside even in the rain."
)
Row = tuple[str, str, str]


def found(
    rows: Sequence[Row],
    held: Sequence[int] = (),
    near: float = 0.8,
    tags: Mapping[str, int] | None = None,
) -> dict[str, dict[int, str]]:
    """Judge rows (instruction, input, output), whose ids count from 1."""
    items = [Item(number, 0, row) for number, row in enumerate(rows, 1)]
    mask = np.array([item.id in held for item in items], bool)
    splits = {"train": int((~mask).sum()), "validation": int(mask.sum())}
    return judge_wholes(
        Rows(
            judge(Kind.TRIPLE, items).judged,
            mask,
            splits,
            tags or {},
            lambda ids: whole_texts(Kind.TRIPLE, [rows[row - 1] for row in ids]),
            near,
        )
    )


def test_copies_are_told_with_the_row_they_are_copies_of() -> None:
    rows = [("a", "", "1"), ("b", "", "2"), ("a", "", "1"), ("a", "", "1 "), ("b", "", "2")]
    assert found(rows)["duplicate"] == {3: "1", 5: "2"}
    assert "duplicate" not in found([("a", "b", ""), ("a", "", "b"), ("ab", "", "")])


def test_a_held_out_question_that_is_trained_is_a_leak() -> None:
    rows = [("What is it?", "", "A"), (" what  IS it?", "", "B"), ("Else?", "", "C")]
    assert found(rows, held=[2, 3])["leak"] == {2: "1"}
    assert "leak" not in found(rows, held=[3])
    assert "leak" not in found([("", "", "A"), ("", "", "B")], held=[2])


def test_near_copies_are_told_with_how_near_they_are() -> None:
    other = LONG.replace("twice", "thrice")
    rows = [("Say it.", "", LONG), ("Say so.", "", "No."), ("Say it.", "", other)]
    (near,) = found(rows)["near_duplicate"].items()
    assert near[0] == 3
    source, alike = near[1].split()
    assert source == "1"
    assert 0.8 <= float(alike) < 1
    assert "near_duplicate" not in found(rows, near=0.95)
    assert "near_duplicate" not in found([rows[0], rows[0]])  # that is a copy


def test_a_near_copy_of_a_trained_row_is_a_leak_whatever_stands_first() -> None:
    rows = [("Say it.", "", LONG.replace("twice", "thrice")), ("Say it!", "", LONG)]
    assert set(found(rows, held=[1])["leak_near"]) == {1}
    assert set(found(rows, held=[2])["leak_near"]) == {2}
    assert "leak_near" not in found(rows)


def test_whoever_deletes_all_near_copies_keeps_one_row_like_each() -> None:
    dice = random.Random(2)
    text = " ".join(dice.choices(WORDS, k=60))
    rows: list[Row] = []
    for _ in range(40):  # each differs a little from the one before: the ends are far apart
        parts = text.split()
        parts[dice.randrange(60)] = "".join(dice.choices("abcdefgh", k=7))
        text = " ".join(parts)
        rows.append(("Go on", "", text))
    near = found(rows)["near_duplicate"]
    kept = set(range(1, 41)) - set(near)
    assert kept
    for words in near.values():
        assert int(words.split()[0]) in kept


def test_many_answers_with_one_beginning_are_a_pattern() -> None:
    dice = random.Random(1)
    plain = [(f"q{i}", "", " ".join(dice.choices(WORDS, k=12))) for i in range(70)]
    same = [
        (f"s{i}", "", f"As an AI model, I {' '.join(dice.choices(WORDS, k=8))}") for i in range(30)
    ]
    assert set(found(plain + same)["one_pattern"]) == set(range(71, 101))
    assert "one_pattern" not in found(plain + same[:10])
    labels = [(f"l{i}", "", "positive") for i in range(90)]
    assert "one_pattern" not in found(labels)


def test_rows_in_another_language_are_told_where_one_prevails() -> None:
    german = "Die Fähre ist nicht da und das Schiff auch nicht, weil es sich für den Tag mit der Zeit verspätet."
    rows = [("Say it.", "", f"{LONG} {number}") for number in range(30)]
    rows.append(("Sag es.", "", german))
    rows.append(("言って", "", "これは日本語の文章です。とても短いです。"))
    assert found(rows)["other_language"] == {31: "German", 32: "Japanese"}
    assert "other_language" not in found(rows[:3])


def test_outliers_are_far_from_the_middle_half() -> None:
    dice = random.Random(4)
    rows = [(f"q{i}", "", " ".join(dice.choices(WORDS, k=dice.randint(20, 40)))) for i in range(80)]
    rows += [("long", "", "word " * 5000), ("", "", "a")]
    told = found(rows)
    assert set(told["outlier_long"]) == {81}
    assert set(told["outlier_short"]) == {82}
    assert not {"outlier_long", "outlier_short"} & set(found(rows[:80]))


def test_splits_and_tags_are_told_of_the_dataset() -> None:
    rows = [("a", "", "1"), ("b", "", "2")]
    assert found(rows)["no_validation"] == {0: ""}
    assert found(rows, held=[1, 2])["no_rows"] == {0: ""}
    assert set(found([])) == {"no_rows"}
    assert "tag_imbalance" in found(rows, held=[2], tags={"rare": 1, "common": 20})
    assert "tag_imbalance" not in found(rows, held=[2], tags={"rare": 1, "common": 19})
    assert "tag_imbalance" not in found(rows, held=[2], tags={"alone": 50})


@pytest.mark.parametrize("count", [0, 1, 2])
def test_few_rows_are_no_trouble(count: int) -> None:
    assert "duplicate" not in found([(f"q{i}", "", f"a{i}") for i in range(count)])
