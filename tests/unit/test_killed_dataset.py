"""Processes killed while they edit or import leave the old or the new state, never a mixture.

The bench ``tests.bench.kill_dataset`` does this two hundred times.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.killing import (
    kill_a_migration,
    kill_a_typist,
    kill_an_editor,
    kill_an_importer,
)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("seed", range(5))
def test_an_editor_that_is_killed_leaves_its_last_step_whole_or_undone(
    tmp_path: Path, seed: int
) -> None:
    outcome = kill_an_editor(tmp_path, seed)
    assert outcome.good, outcome


@pytest.mark.parametrize("seed", range(3))
def test_an_importer_that_is_killed_leaves_all_rows_or_no_trace(tmp_path: Path, seed: int) -> None:
    outcome = kill_an_importer(tmp_path, seed)
    assert outcome.good, outcome


@pytest.mark.parametrize("seed", range(2))
def test_a_process_killed_while_it_brings_a_dataset_up_to_date_leaves_the_old_or_the_new_file(
    tmp_path: Path, seed: int
) -> None:
    outcome = kill_a_migration(tmp_path, seed)
    assert outcome.good, outcome


@pytest.mark.parametrize("seed", range(2))
def test_a_window_that_is_killed_leaves_what_was_typed_up_to_some_key(
    tmp_path: Path, seed: int
) -> None:
    outcome = kill_a_typist(tmp_path, seed)
    assert outcome.good, outcome
