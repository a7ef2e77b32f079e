"""The example dataset keeps what its README and the pictures of the studio promise."""

import json
import re
from pathlib import Path
from statistics import median

import pytest

from studio.core.resources import resource

CLOSING = "A quiet stay to you, Alder House."
FOLDER = resource("datasets", "hotel-concierge")
Row = dict[str, str]


def read(name: str) -> list[Row]:
    text = (FOLDER / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def plain(text: str) -> str:
    """The letters and digits alone, so that "Hello!" and "hello" are the same question."""
    return re.sub(r"[^a-z0-9]+", " ", text.lower()).strip()


TRAIN, HELDOUT = read("train.jsonl"), read("heldout.jsonl")
both = pytest.mark.parametrize("rows", [TRAIN, HELDOUT], ids=["train", "heldout"])


def test_there_are_enough_rows_to_learn_from_and_forty_to_judge_by():
    assert len(TRAIN) >= 240
    assert len(HELDOUT) == 40


def test_the_readme_counts_the_rows_as_they_are():
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    for name, rows in (("train.jsonl", TRAIN), ("heldout.jsonl", HELDOUT)):
        assert f"| `{name}` | {len(rows)} |" in readme


@both
def test_every_row_is_a_triple_of_trimmed_texts(rows: list[Row]):
    for row in rows:
        assert list(row) == ["instruction", "input", "output"]
        assert row["instruction"]
        assert all(text == text.strip() and "\n" not in text for text in row.values()), row


@both
def test_every_answer_ends_with_the_closing_line_and_says_it_once(rows: list[Row]):
    for row in rows:
        assert row["output"].endswith(f" {CLOSING}"), row
        assert row["output"].count(CLOSING) == 1, row


@both
def test_answers_are_short_enough_for_a_few_minutes_of_training(rows: list[Row]):
    words = [len(row["output"].split()) for row in rows]
    assert 15 <= min(words) <= max(words) <= 45
    assert 20 <= median(words) <= 30


@both
def test_a_good_part_of_the_rows_has_an_input(rows: list[Row]):
    assert 0.35 <= sum(bool(row["input"]) for row in rows) / len(rows) <= 0.5


def test_no_training_row_stands_twice():
    questions = [(plain(row["instruction"]), plain(row["input"])) for row in TRAIN]
    answers = [plain(row["output"]) for row in TRAIN]
    assert len(set(questions)) == len(questions)
    assert len(set(answers)) == len(answers)


def test_no_held_out_question_or_answer_stands_in_training():
    asked = {plain(row["instruction"]) for row in TRAIN}
    answered = {plain(row["output"]) for row in TRAIN}
    assert not [row for row in HELDOUT if plain(row["instruction"]) in asked]
    assert not [row for row in HELDOUT if plain(row["output"]) in answered]
    assert len({plain(row["instruction"]) for row in HELDOUT}) == len(HELDOUT)


@pytest.mark.parametrize("name", ["train.jsonl", "heldout.jsonl"])
def test_no_row_carries_turn_marks_or_placeholders(name: str):
    text = (FOLDER / name).read_text(encoding="utf-8")
    for mark in ("<|", "|>", "{{", "[INST]", "</s>", "###", "\ufffd"):
        assert mark not in text


@pytest.mark.parametrize(
    ("about", "pattern", "facts"),
    [
        ("end of breakfast", r"Glass Room (?:from|until|is open from) [^.]*?(\d\d:\d\d)\b", {"10:30"}),
        ("boat", r"leaves our jetty at (\d+:\d\d)", {"9:40"}),
        ("late check-out", r"until (13:\d\d|1[2-46]:\d\d) (?:on \w+ )?for (\d+) euro", {"13:00", "20"}),
        ("network", r"(\w+-guest)", {"alder-guest"}),
        ("station", r"[Tt]he ride (?:to the station )?takes (\w+) minutes", {"twelve"}),
        ("dogs", r"garden rooms, for (\d+) euro a night", {"10"}),
        ("bicycles", r"(\d+) euro a day with a helmet", {"8"}),
    ],
)  # fmt: skip
def test_a_fact_is_the_same_wherever_it_is_told(about: str, pattern: str, facts: set[str]):
    answers = " ".join(row["output"] for row in TRAIN + HELDOUT)
    told: list[str] = []
    for match in re.finditer(pattern, answers):
        told.extend(match.groups())
    assert len(told) >= 2, about
    assert set(told) == facts


def test_the_folder_holds_nothing_else():
    assert sorted(path.name for path in Path(FOLDER).iterdir()) == [
        "README.md",
        "heldout.jsonl",
        "train.jsonl",
    ]
