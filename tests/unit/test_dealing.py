"""Dealing rows to splits: what is asked for comes out, nothing is torn apart, nothing moves later."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio.data.dealing import (
    FREE,
    TEST_SIDE,
    TRAIN_SIDE,
    VALIDATION_SIDE,
    Amount,
    Units,
    deal,
    mark_of,
    marks_of,
)
from studio.data.splitunits import Links, joined, links_of_clusters, links_of_values

AMOUNTS = st.one_of(
    st.builds(Amount, share=st.floats(0.0, 0.45)), st.builds(Amount, rows=st.integers(0, 40))
)


def units_of(marks, *, sizes=None, strata=None, names=("",), now=None, pinned=None):
    count = len(marks)

    def given_or(values, otherwise):
        return np.array(values if values is not None else [otherwise] * count, np.int64)

    return Units(
        np.array(marks, np.uint64),
        given_or(sizes, 1),
        given_or(strata, 0),
        names,
        given_or(now, TRAIN_SIDE),
        given_or(pinned, FREE),
    )


def rows_in(units, dealt, side):
    return int(units.sizes[dealt.sides == side].sum())


@given(st.integers(2, 300), AMOUNTS, AMOUNTS, st.integers(0, 9))
def test_single_rows_are_dealt_within_one_row_of_what_is_asked(count, validation, test, seed):
    units = units_of(marks_of(seed, range(count)))
    dealt = deal(units, count, validation, test, {})
    assert rows_in(units, dealt, VALIDATION_SIDE) == validation.of(count)
    left = count - validation.of(count)
    assert rows_in(units, dealt, TEST_SIDE) == min(test.of(count), left)
    for side, amount in ((VALIDATION_SIDE, validation), (TEST_SIDE, test)):
        if amount.rows is None and amount.share:
            exact = min(max(amount.share * count, 1), left if side == TEST_SIDE else count)
            assert abs(rows_in(units, dealt, side) - exact) <= 1


@given(
    st.lists(st.integers(1, 30), min_size=2, max_size=60), st.floats(0.01, 0.9), st.integers(0, 9)
)
def test_groups_are_dealt_within_half_of_the_group_at_the_edge(sizes, share, seed):
    units = units_of(marks_of(seed, range(len(sizes))), sizes=sizes)
    total = sum(sizes)
    dealt = deal(units, total, Amount(share), None, {})
    got, wanted = rows_in(units, dealt, VALIDATION_SIDE), Amount(share).of(total)
    chosen = units.sizes[dealt.sides == VALIDATION_SIDE]
    assert len(chosen)  # at least one, however large
    assert abs(got - wanted) <= max(sizes) / 2 or len(chosen) == 1


@given(
    st.lists(st.integers(0, 3), min_size=8, max_size=200), st.floats(0.05, 0.5), st.integers(0, 9)
)
def test_each_tag_gets_its_share_and_so_does_the_whole(strata, share, seed):
    names = tuple("abcd")
    units = units_of(marks_of(seed, range(len(strata))), strata=strata, names=names)
    dealt = deal(units, len(strata), Amount(share), None, {})
    held = dealt.sides == VALIDATION_SIDE
    assert held.sum() == Amount(share).of(len(strata))
    overall = held.sum() / len(strata)
    for stratum in set(strata):
        inside = units.strata == stratum
        assert abs(held[inside].sum() - overall * inside.sum()) <= 1.5


@given(
    st.sets(st.integers(1, 10_000), min_size=2, max_size=200),
    st.sets(st.integers(10_001, 20_000), max_size=100),
    st.floats(0.0, 0.5),
    st.floats(0.0, 0.45),
    st.integers(0, 9),
)
def test_new_rows_do_not_move_old_ones(old, new, validation, test, seed):
    before = sorted(old)
    first = deal(
        units_of(marks_of(seed, before)), len(before), Amount(validation), Amount(test), {}
    )
    after = before + sorted(new)
    units = units_of(marks_of(seed, after))
    again = deal(units, len(after), Amount(validation), Amount(test), first.cuts)
    assert again.sides[: len(before)].tolist() == first.sides.tolist()


@given(st.integers(2, 200), st.integers(0, 100), st.integers(0, 60), st.integers(0, 9))
def test_a_counted_split_is_not_moved_by_new_rows_either(old, new, rows, seed):
    first = deal(units_of(marks_of(seed, range(old))), old, Amount(rows=rows), None, {})
    now = [*first.sides.tolist(), *[TRAIN_SIDE] * new]
    units = units_of(marks_of(seed, range(old + new)), now=now)
    again = deal(units, old + new, Amount(rows=min(rows, old - 1)), None, first.cuts)
    assert again.sides[:old].tolist() == first.sides.tolist()


def test_new_rows_get_their_share_by_the_cuts_of_the_old_ones():
    first = deal(units_of(marks_of(1, range(1000))), 1000, Amount(0.1), Amount(0.1), {})
    units = units_of(marks_of(1, range(3000)))
    again = deal(units, 3000, Amount(0.1), Amount(0.1), first.cuts)
    new = again.sides[1000:]
    assert 140 < (new == VALIDATION_SIDE).sum() < 260
    assert 140 < (new == TEST_SIDE).sum() < 260


def test_changing_one_amount_moves_no_row_of_the_other():
    units = units_of(marks_of(1, range(1000)))
    one = deal(units, 1000, Amount(0.1), Amount(0.1), {})
    two = deal(units, 1000, Amount(0.2), Amount(0.1), {})
    three = deal(units, 1000, Amount(0.1), None, {})
    assert set(np.flatnonzero(one.sides == TEST_SIDE)) == set(
        np.flatnonzero(two.sides == TEST_SIDE)
    )
    assert set(np.flatnonzero(one.sides == VALIDATION_SIDE)) == set(
        np.flatnonzero(three.sides == VALIDATION_SIDE)
    )
    assert not (three.sides == TEST_SIDE).any()


def test_pinned_units_go_where_they_must_and_count():
    pinned = [VALIDATION_SIDE] * 5 + [FREE] * 95
    units = units_of(marks_of(1, range(100)), pinned=pinned)
    dealt = deal(units, 100, Amount(0.1), None, {})
    assert (dealt.sides[:5] == VALIDATION_SIDE).all()
    assert (dealt.sides == VALIDATION_SIDE).sum() == 10
    assert (dealt.sides == TRAIN_SIDE).sum() == 90


def test_a_mark_is_the_same_on_every_machine():
    assert mark_of(1, 1) == 10_372_939_249_921_615_222
    assert mark_of(1, "\ud800") != mark_of(1, "\ud801")  # half characters are names too


@given(
    st.integers(1, 40).flatmap(
        lambda n: st.tuples(
            st.just(n),
            st.lists(
                st.lists(st.tuples(st.integers(0, n - 1), st.integers(0, 12)), max_size=60),
                max_size=3,
            ),
        )
    )
)
def test_units_are_what_hangs_together(case):
    count, linked = case
    root = list(range(count))

    def find(row):
        return row if root[row] == row else find(root[row])

    for pairs in linked:
        for a, label in pairs:
            for b, other in pairs:
                if label == other:
                    low, high = sorted((find(a), find(b)))
                    root[high] = low
    links = [links_of_values((row, f"tag {label}") for row, label in pairs) for pairs in linked]
    assert joined(count, links).tolist() == [find(row) for row in range(count)]


def test_a_long_chain_of_rows_is_one_unit():
    rows = np.arange(10_000)
    chain = [Links(rows, rows // 2), Links(rows, (rows + 1) // 2)]
    assert not joined(10_000, chain).any()


def test_clusters_name_ids_and_those_that_are_gone_do_no_harm():
    links = links_of_clusters(np.array([1, 4, 7, 9]), [(4, 1), (7, 100), (55,)])
    assert joined(4, [links]).tolist() == [0, 0, 2, 3]


@pytest.mark.parametrize(
    ("amount", "total", "rows"),
    [
        (Amount(0.1), 100, 10),
        (Amount(0.001), 100, 1),
        (Amount(0.0), 100, 0),
        (Amount(1.0), 100, 99),
        (Amount(rows=7), 5, 4),
        (Amount(0.5), 1, 0),
    ],
)
def test_an_amount_is_at_least_one_row_and_never_all(amount, total, rows):
    assert amount.of(total) == rows
