"""Splitting a dataset: nothing straddles, nothing moves later, what is frozen stays, one step."""

from __future__ import annotations

import json
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.example import SPLITS, Kind, Text, Triple
from studio.core.problems import DataError
from studio.data.dealing import Amount
from studio.data.loading import Loader
from studio.data.schema import Stopped
from studio.data.splits import (
    SplitWish,
    apply_dealing,
    deal_rows,
    hold_out,
    plan_split,
    read_rule,
)
from studio.data.splitsurvey import TAGS, Grouping, groups_of, survey
from studio.data.store import Dataset

FAST = settings(
    max_examples=20,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture
def data(tmp_path: Path):
    with Dataset.create(tmp_path / "hotel.sqlite") as made:
        made.insert(0, [Triple(f"q{i}", "", f"a{i}") for i in range(100)])
        yield made


def apply_split(data: Dataset, wish: SplitWish, freeze=(), **ways):
    return apply_dealing(data, plan_split(data, wish, **ways), freeze)


def sides(data: Dataset) -> dict[int, str]:
    return {row.id: row.split for row in data.rows()}


def texts_straddle(data: Dataset) -> bool:
    found = defaultdict(set)
    for row in data.rows():
        found[row.texts].add(row.split)
    return any(len(splits) > 1 for splits in found.values())


def test_a_split_is_one_step_with_a_name(data):
    change = apply_split(data, SplitWish(Amount(0.1), Amount(0.2)))
    assert data.split_counts() == {"train": 70, "validation": 10, "test": 20}
    assert change.name == "Split into 70 train · 10 validation · 20 test"
    assert len(change.rows) == 30
    assert data.undo_text == change.name
    data.undo()
    assert data.split_counts()["train"] == 100
    data.redo()
    assert data.split_counts()["test"] == 20


def test_another_seed_gives_another_choice_of_the_same_size(data):
    one = survey(data, Grouping())
    first = deal_rows(one, SplitWish(seed=1), {})
    second = deal_rows(one, SplitWish(seed=2), {})
    assert first.counts == second.counts
    assert set(first.moves["validation"]) != set(second.moves["validation"])


@FAST
@given(
    questions=st.lists(st.integers(0, 12), min_size=3, max_size=60),
    share=st.floats(0.05, 0.4),
    seed=st.integers(0, 3),
)
def test_duplicates_never_straddle(tmp_path_factory, questions, share, seed):
    with Dataset.create(tmp_path_factory.mktemp("d") / "x.sqlite", Kind.TEXT) as data:
        data.insert(0, [Text(f"t{number}") for number in questions])
        wish = SplitWish(Amount(share), Amount(share), seed)
        if len(set(questions)) <= 3:  # a few large units may take all
            with suppress(DataError):
                apply_split(data, wish)
        else:
            apply_split(data, wish)
        assert not texts_straddle(data)


def test_the_same_question_never_straddles_whatever_its_answer(data):
    data.insert(0, [Triple(" Q7  ", "", f"other {i}") for i in range(20)])
    apply_split(data, SplitWish(Amount(0.3), Amount(0.3)))
    assert len({row.split for row in data.rows() if row.instruction.strip().lower() == "q7"}) == 1
    freely = SplitWish(Amount(0.3), Amount(0.3), grouping=Grouping(duplicates=False))
    apply_split(data, freely)
    assert len({row.split for row in data.rows() if row.instruction.strip().lower() == "q7"}) > 1


@FAST
@given(
    groups=st.lists(st.sampled_from(["a", "b", "c", "d", "e", None]), min_size=8, max_size=50),
    seed=st.integers(0, 3),
)
def test_groups_of_a_column_never_straddle(tmp_path_factory, groups, seed):
    path = tmp_path_factory.mktemp("g") / "x.sqlite"
    loader = Loader(path, Kind.TEXT)
    source = loader.add_source("x.jsonl", "jsonl", {})
    for number, group in enumerate(groups):
        extra = json.dumps({"doc": group, "n": number})
        loader.add((f"t{number}",), extra=extra, source=source)
    loader.finish()
    with Dataset.open(path) as data:
        assert groups_of(data) == ["doc", "n", "text"]
        wish = SplitWish(Amount(0.3), Amount(0.3), seed, Grouping("doc"))
        try:
            apply_split(data, wish)
        except DataError:
            assert None not in groups or len(set(groups)) < 6
            return
        found = defaultdict(set)
        for row in data.rows():
            if (group := groups[int(row.text("text")[1:])]) is not None:
                found[group].add(row.split)
        assert all(len(splits) == 1 for splits in found.values())


def test_rows_that_share_a_tag_never_straddle(data):
    ids = data.ids.tolist()
    data.add_tag(ids[:10], "alps")
    data.add_tag(ids[9:20], "beds")
    assert groups_of(data) == ["instruction", "input", "output", TAGS]
    apply_split(data, SplitWish(Amount(0.2), Amount(0.2), grouping=Grouping(TAGS)))
    assert len({data.row(row).split for row in ids[:20]}) == 1


def test_a_field_is_a_group_too(data):
    data.insert(0, [Triple("q5", "", f"other {i}") for i in range(5)])
    apply_split(data, SplitWish(Amount(0.3), Amount(0.3), grouping=Grouping("instruction")))
    assert len({row.split for row in data.rows() if row.instruction == "q5"}) == 1


def test_a_group_that_is_not_there_is_told(data):
    with pytest.raises(DataError, match="hotel has no column 'doc' to group by") as caught:
        apply_split(data, SplitWish(grouping=Grouping("doc")))
    assert caught.value.hint == "There are: instruction, input, output."


def test_near_duplicates_never_straddle_where_they_are_known(data):
    ids = data.ids.tolist()
    clusters = [ids[n : n + 5] for n in range(0, 100, 5)]
    wish = SplitWish(Amount(0.2), Amount(0.2))
    apply_split(data, wish, alike=lambda *_: clusters)
    for cluster in clusters:
        assert len({data.row(row).split for row in cluster}) == 1
    assert data.split_counts() == {"train": 60, "validation": 20, "test": 20}


def test_every_tag_gets_its_share(data):
    ids = data.ids.tolist()
    data.add_tag(ids[:20], "rare")
    apply_split(data, SplitWish(Amount(0.1), Amount(0.1), grouping=Grouping(stratify=True)))
    rare = [data.row(row).split for row in ids[:20]]
    assert (rare.count("validation"), rare.count("test")) == (2, 2)
    assert data.split_counts() == {"train": 80, "validation": 10, "test": 10}


@FAST
@given(
    new=st.lists(st.integers(0, 150), max_size=60),
    deleted=st.sets(st.integers(0, 99), max_size=20),
    edited=st.sets(st.integers(0, 99), max_size=20),
    by_count=st.booleans(),
)
def test_new_rows_and_edits_move_no_old_row(tmp_path_factory, new, deleted, edited, by_count):
    amounts = (Amount(rows=12), Amount(rows=9)) if by_count else (Amount(0.12), Amount(0.09))
    with Dataset.create(tmp_path_factory.mktemp("n") / "x.sqlite") as data:
        data.insert(0, [Triple(f"q{i}") for i in range(100)])
        apply_split(data, SplitWish(*amounts))
        before, ids = sides(data), data.ids.tolist()
        data.edit_cells("Edit", [(ids[at], "output", f"new {at}") for at in edited])
        data.insert(0, [Triple(f"q{number}", "", "new") for number in new])
        if not by_count:  # a number of rows is filled up again, a share is not
            data.delete([ids[at] for at in deleted])
        apply_split(data, SplitWish(*amounts))
        after = sides(data)
        assert {row: split for row, split in before.items() if row in after} == {
            row: after[row] for row in before if row in after
        }
        if by_count:
            held = [data.split_counts()[split] for split in SPLITS[1:]]
            assert held[0] >= 12  # new rows that are like those held out join them
            assert held[1] >= 9


def test_what_is_frozen_stays_and_new_rows_never_enter_it(data):
    apply_split(data, SplitWish(Amount(0.1), Amount(0.1)), ("test",))
    test = set(data.find(split="test").tolist())
    assert data.frozen_splits() == {"test"}
    data.insert(0, [Triple(f"n{i}") for i in range(200)])
    apply_split(data, SplitWish(Amount(0.2), Amount(0.3), seed=7))
    assert set(data.find(split="test").tolist()) == test
    assert data.split_counts()["validation"] == 60


def test_what_is_like_a_frozen_test_row_is_not_trained_on(data):
    apply_split(data, SplitWish(Amount(0.1), Amount(0.1)), ("test",))
    held = data.row(int(data.find(split="test")[0]))
    copies = data.insert(0, [held.triple] * 3).rows.tolist()
    dealing = deal_rows(survey(data, Grouping(), data.frozen_splits()), SplitWish(), {})
    assert dealing.tied == 3
    apply_split(data, SplitWish())
    assert {data.row(row).split for row in copies} == {"validation"}


def test_rows_of_a_frozen_split_move_and_go_only_once_it_is_unfrozen(data):
    apply_split(data, SplitWish(Amount(0.1), Amount(0.1)), ("test",))
    test, train = data.find(split="test").tolist(), data.find(split="train").tolist()
    said = "The split test is frozen"
    with pytest.raises(DataError, match=said):
        data.set_split(test[:1], "train")
    with pytest.raises(DataError, match=said):
        data.set_split(train[:1], "test")
    with pytest.raises(DataError, match="a row would enter or leave it"):
        data.delete([*test[:1], *train[:3]])
    with pytest.raises(DataError, match=said):
        data.insert(0, [Triple("x")], "test")
    with pytest.raises(DataError, match=said):
        data.undo()
    assert set(data.find(split="test").tolist()) == set(test)
    data.move(test[:2], 0)
    data.edit(test[0], "output", "mended")
    data.add_tag(test, "gold")
    data.delete(train[:2])
    data.freeze_split("test", False)
    data.delete(test[:1])
    assert data.split_counts()["test"] == 9


def test_a_row_that_was_deleted_does_not_come_back_into_a_frozen_split(data):
    apply_split(data, SplitWish(Amount(0.1), Amount(0.1)))
    gone = int(data.find(split="test")[0])
    data.delete([gone])
    data.freeze_split("test", True)
    with pytest.raises(DataError, match="The split test is frozen"):
        data.undo()
    data.freeze_split("test", False)
    data.undo()
    assert data.row(gone).split == "test"


def test_nothing_to_train_on_is_refused_and_changes_nothing(data):
    data.add_tag(data.ids.tolist(), "all")
    with pytest.raises(DataError, match="Nothing would be left to train on"):
        apply_split(data, SplitWish(grouping=Grouping(TAGS)))
    assert data.split_counts()["train"] == 100


def test_an_empty_dataset_is_split_into_nothing(tmp_path):
    with Dataset.create(tmp_path / "e.sqlite") as data:
        assert not apply_split(data, SplitWish()).rows.size


def test_stopping_leaves_everything_as_it_was(data):
    with pytest.raises(Stopped):
        apply_split(data, SplitWish(), cancelled=lambda: True)
    assert data.split_counts()["train"] == 100
    assert read_rule(data) == {}


def test_holding_out_takes_a_tenth_and_leaves_test_alone(data):
    data.set_split(data.ids[:30].tolist(), "test")
    change = hold_out(data)
    assert data.split_counts() == {"train": 60, "validation": 10, "test": 30}
    assert change.name == "Hold 10 rows back for validation"
