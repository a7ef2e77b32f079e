"""What each row cost outlives a kill and a resume, and is read as if neither had been."""

from __future__ import annotations

import pytest

from studio.data.rowlosses import RECORD, RowLossFile, read_row_losses, row_curves


def steps(path):
    return [(int(r["step"]), int(r["row"]), float(r["loss"])) for r in read_row_losses(path)]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "rowlosses.bin"


def test_what_is_added_is_read(path):
    RowLossFile(path, 0).add([(1, 7, 0.5, 10), (1, 2**40, 0.25, 3)])
    assert steps(path) == [(1, 7, 0.5), (1, 2**40, 0.25)]


def test_without_a_file_there_is_nothing(path):
    assert len(read_row_losses(path)) == 0
    assert row_curves(read_row_losses(path)) == []


@pytest.mark.parametrize("torn", range(1, RECORD.itemsize))
def test_a_torn_record_is_left_out_and_does_not_shift_the_next(path, torn):
    RowLossFile(path, 0).add([(1, 7, 0.5, 10), (2, 8, 0.25, 3)])
    path.write_bytes(path.read_bytes()[:-torn])
    assert steps(path) == [(1, 7, 0.5)]
    RowLossFile(path, 1).add([(2, 8, 0.125, 3)])
    assert steps(path) == [(1, 7, 0.5), (2, 8, 0.125)]


def test_what_came_after_the_resumed_step_does_not_stand(path):
    RowLossFile(path, 0).add([(step, 1, float(step), 5) for step in range(1, 8)])
    RowLossFile(path, 4).add([(step, 1, 10.0 + step, 5) for step in range(5, 7)])
    assert steps(path) == [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 1, 4), (5, 1, 15), (6, 1, 16)]


def test_a_later_return_to_an_earlier_step_counts_for_all_before_it(path):
    RowLossFile(path, 0).add([(step, 1, 1.0, 5) for step in range(1, 10)])
    RowLossFile(path, 6).add([(7, 1, 2.0, 5)])
    RowLossFile(path, 2).add([(3, 1, 3.0, 5)])
    assert steps(path) == [(1, 1, 1), (2, 1, 1), (3, 1, 3)]


def test_a_kill_before_the_first_record_leaves_a_step_once(path):
    RowLossFile(path, 0).add([(5, 1, 1.0, 5)])
    RowLossFile(path, 4).add([(5, 1, 2.0, 5)])
    assert steps(path) == [(5, 1, 2.0)]


def test_curves_go_by_row_and_count_tokens_alike(path):
    RowLossFile(path, 0).add(
        [(1, 7, 1.0, 10), (1, 3, 9.0, 4), (2, 7, 0.5, 30), (2, 7, 0.1, 10), (9, 7, 0.25, 40)]
    )
    three, seven = row_curves(read_row_losses(path))
    assert (three.row, three.steps, three.losses) == (3, (1,), (9.0,))
    assert (seven.steps, seven.tokens) == ((1, 2, 9), 10)
    assert seven.losses == pytest.approx((1.0, 0.4, 0.25))
