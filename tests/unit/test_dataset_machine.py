"""Any sequence of edits, undo, redo, reopening and crashes leaves what a plain list would hold."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, rule

from studio.data import order as order_module
from studio.data.store import Dataset, Row
from tests.helpers.editingmachine import EditingMachine


class DatasetAgainstAList(EditingMachine):
    def __init__(self) -> None:
        super().__init__()
        self.data: Dataset = Dataset.create(self.path)

    def teardown(self) -> None:
        self.data.close()
        self.folder.cleanup()

    @rule()
    def reopen(self) -> None:
        self.data.close()
        self.data = Dataset.open(self.path)

    @rule()
    def lose_the_process(self) -> None:
        """End without the things that closing does; the system would do the same."""
        assert self.data._lock is not None
        self.data._sql.close()
        self.data._lock.release()
        self.data = Dataset.open(self.path)

    def read_all(self) -> list[Row]:
        return list(self.data.rows())

    @invariant()
    def stays_the_same(self) -> None:
        self.same()
        ranks = self.data._marks.order.ranks.tolist()
        assert ranks == sorted(set(ranks))  # two rows of one rank would change places
        with self.data.reader() as reader:
            assert [row.id for row in reader.rows()] == [row.id for row in self.rows]


@pytest.fixture(autouse=True)
def narrow_gaps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let neighbours run out of room after a few insertions, so that they are moved apart."""
    monkeypatch.setattr(order_module, "GAP", 4)
    monkeypatch.setattr(order_module, "_ROOM", 2)


TestDatasetAgainstAList = DatasetAgainstAList.TestCase
TestDatasetAgainstAList.settings = settings(
    max_examples=25,
    stateful_step_count=25,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
