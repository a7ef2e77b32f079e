"""Export, other kinds and the Hub in their dialogs, with real processes behind them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from studio.app.convertjob import ConvertJob, JobStopped
from studio.app.datasetdocument import DatasetDocument
from studio.app.foreignfiles import ForeignFiles, is_parquet
from studio.app.studio import Studio
from studio.core.example import Conversation, Kind, Triple
from studio.core.problems import DataError
from studio.core.protocol import Converted
from studio.core.workspace import Workspace
from studio.data.exportplan import Beside, Container
from studio.data.importing import ImportReport
from studio.data.layouts import Layout
from studio.data.store import Dataset
from studio.ui.data.convertdialog import ConvertDialog
from studio.ui.data.exchangeacts import ExchangeActs
from studio.ui.data.exportdialog import ExportDialog
from studio.ui.data.hubdialog import HubDialog
from studio.ui.look.theme import Theme
from studio.ui.pages.datapage import DataPage
from tests.helpers.localhub import COMMIT, local_hub

ROWS = [Triple(f"q{at}", "", f"a{at}") for at in range(5)]
WAIT = 60_000


@pytest.fixture
def place(qtbot: QtBot, light: Theme) -> QWidget:
    """A window for dialogs to open above."""
    made = QWidget()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def opened(studio: Studio, name: str = "rows", kind: Kind = Kind.TRIPLE) -> DatasetDocument:
    """Return a small dataset that is open."""
    rows = ROWS if kind is Kind.TRIPLE else []
    with Dataset.create(studio.workspace.dataset(name), kind) as dataset:
        dataset.insert(0, rows)
    return studio.datasets.open(name)


@pytest.fixture
def acts(studio: Studio, place: QWidget) -> ExchangeActs:
    return ExchangeActs(studio, place)


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_an_export_shows_how_the_file_begins_and_writes_it(
    qtbot: QtBot, studio: Studio, acts: ExchangeActs, tmp_path: Path
) -> None:
    opened(studio)
    said: list[str] = []
    studio.said.connect(lambda words, _undo: said.append(words))
    dialog = acts.ask_export(None, None)
    assert dialog is not None
    assert dialog.preview.toPlainText().startswith('{"instruction": "q0"')
    dialog.layout_field.setCurrentIndex(dialog.layout_field.findData(Layout.OPENAI))
    dialog.beside[Beside.SPLIT].setChecked(True)
    assert "become one turn of the user" in dialog.losses.text()
    assert dialog.preview.toPlainText().startswith('{"messages": [{"role": "user"')
    with qtbot.waitSignal(dialog.achieved, timeout=WAIT):
        dialog.export(tmp_path / "out.jsonl")
    written = lines(tmp_path / "out.jsonl")
    assert len(written) == 5
    assert written[0]["split"] == "train"
    assert said == ["5 rows are in out.jsonl."]
    assert acts.folder == tmp_path
    assert not dialog.isVisible()


def test_the_rows_that_are_shown_or_selected_can_be_exported(
    qtbot: QtBot, studio: Studio, acts: ExchangeActs, tmp_path: Path
) -> None:
    opened(studio)
    dialog = acts.ask_export(np.array([5, 1]), np.array([2, 3, 4]))
    assert dialog is not None
    words = [dialog.rows.itemText(at) for at in range(dialog.rows.count())]
    assert words == ["All 5 rows", "The 3 selected rows", "The 2 rows that are shown"]
    dialog.rows.setCurrentIndex(2)
    assert dialog.preview.toPlainText().startswith('{"instruction": "q4"')
    with qtbot.waitSignal(dialog.achieved, timeout=WAIT):
        dialog.export(tmp_path / "out.jsonl")
    assert [row["instruction"] for row in lines(tmp_path / "out.jsonl")] == ["q4", "q0"]
    left = [path.name for path in studio.workspace.datasets.iterdir() if "ids" in path.name]
    assert left == []


def test_each_format_offers_what_it_has(studio: Studio, acts: ExchangeActs) -> None:
    opened(studio)
    dialog = acts.ask_export(None, None)
    assert dialog is not None
    assert not dialog.escape.isVisible()
    dialog.container.setCurrentIndex(dialog.container.findData(Container.CSV))
    dialog.escape.setChecked(True)
    assert "these cells are changed" in dialog.losses.text()
    assert dialog.plan.escape
    dialog.container.setCurrentIndex(dialog.container.findData(Container.PARQUET))
    assert not dialog.packed.isVisible()
    assert not dialog.plan.escape
    assert dialog.container.findData(Container.TEXT) < 0
    dialog.reject()


def test_an_export_to_nowhere_is_told_in_place(
    qtbot: QtBot, studio: Studio, acts: ExchangeActs, tmp_path: Path
) -> None:
    opened(studio)
    dialog = acts.ask_export(None, None)
    assert dialog is not None
    dialog.export(tmp_path / "nowhere" / "out.jsonl")
    qtbot.waitUntil(lambda: dialog.trouble.isVisible(), timeout=WAIT)
    assert "cannot be written" in dialog.trouble.text()
    assert dialog.primary is not None
    assert dialog.primary.isEnabled()
    dialog.reject()


def test_another_kind_is_made_as_a_new_dataset_that_opens(
    qtbot: QtBot, studio: Studio, acts: ExchangeActs
) -> None:
    opened(studio)
    dialog = acts.ask_convert()
    assert isinstance(dialog, ConvertDialog)
    assert dialog.name.text() == "rows-conversation"
    dialog.name.setText("rows")
    dialog.convert()
    assert not dialog.busy
    dialog.name.setText("talks")
    with qtbot.waitSignal(dialog.achieved, timeout=WAIT):
        dialog.convert()
    current = studio.datasets.current
    assert current is not None
    assert (current.name, current.kind, len(current)) == ("talks", Kind.CONVERSATION, 5)
    assert isinstance(current.row(1).example, Conversation)
    assert "rows" in studio.datasets.names()


def test_running_text_has_no_other_kind(studio: Studio, acts: ExchangeActs) -> None:
    opened(studio, "text", Kind.TEXT)
    dialog = acts.ask_convert()
    assert dialog is not None
    assert dialog.primary is not None
    assert not dialog.primary.isEnabled()
    dialog.reject()


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """A Hub with one dataset, and an environment that lets it be asked."""
    folder = tmp_path / "repository"
    folder.mkdir()
    (folder / "train.jsonl").write_text('{"instruction": "a", "output": "b"}\n' * 3)
    (folder / "test.jsonl").write_text('{"instruction": "c", "output": "d"}\n')
    with local_hub(folder, "somebody/rows", "dataset") as (made, address):
        made.card = {"license": "mit"}
        monkeypatch.setenv("HF_ENDPOINT", address)
        monkeypatch.setenv("HF_HUB_DISABLE_XET", "1")
        monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
        yield made


def test_the_hub_is_asked_first_and_says_what_it_has(
    qtbot: QtBot, studio: Studio, acts: ExchangeActs, hub: object
) -> None:
    came: list[object] = []
    acts.rows_came.connect(came.append)
    dialog = acts.ask_hub()
    assert isinstance(dialog, HubDialog)
    assert not dialog.look_button.isEnabled()
    dialog.repo.setText("somebody/rows")
    dialog.look_up()
    qtbot.waitUntil(lambda: dialog.found is not None, timeout=WAIT)
    assert dialog.found is not None
    assert dialog.found.revision == COMMIT
    assert "licence: mit" in dialog.facts.text()
    assert str(studio.workspace.incoming) in dialog.facts.text()
    assert [dialog.split.itemText(at) for at in range(3)] == ["All splits", "train", "test"]
    with qtbot.waitSignal(dialog.achieved, timeout=WAIT):
        dialog.take()
    ((incoming,),) = came
    assert incoming.called == "rows"
    assert len(lines(incoming.path)) == 4
    studio.datasets.foreign.drop(incoming.path)
    assert not incoming.path.exists()


def test_another_name_asks_again(
    qtbot: QtBot, studio: Studio, acts: ExchangeActs, hub: object
) -> None:
    dialog = acts.ask_hub()
    dialog.repo.setText("somebody/else")
    dialog.look_up()
    qtbot.waitUntil(lambda: dialog.trouble.isVisible(), timeout=WAIT)
    assert "no dataset somebody/else" in dialog.trouble.text()
    assert dialog.primary is not None
    assert not dialog.primary.isEnabled()
    assert dialog.look_button.isEnabled()
    dialog.reject()


def test_offline_by_choice_nothing_can_be_asked(studio: Studio, acts: ExchangeActs) -> None:
    dialog = acts.ask_hub()
    dialog.repo.setText("somebody/rows")
    assert not dialog.look_button.isEnabled()
    assert "HF_HUB_OFFLINE is set" in dialog.trouble.text()
    dialog.reject()


def write_parquet(path: Path, rows: int = 3) -> Path:
    table = pa.table({"instruction": ["a"] * rows, "output": ["b"] * rows})
    parquet.write_table(table, path)
    return path


def test_foreign_files_become_rows_in_their_turn(
    qtbot: QtBot, qapp: object, tmp_path: Path
) -> None:
    foreign = ForeignFiles(Workspace(tmp_path / "w"))
    bad = tmp_path / "bad.parquet"
    bad.write_bytes(b"PAR1 but no more")
    (tmp_path / "plain.jsonl").write_text("{}")
    hidden = write_parquet(tmp_path / "hidden.data")
    failed: list[object] = []
    foreign.failed.connect(failed.append)
    with qtbot.waitSignal(foreign.ready, timeout=WAIT) as ready:
        foreign.take([write_parquet(tmp_path / "a.parquet"), bad, tmp_path / "plain.jsonl", hidden])
    (files,) = ready.args
    assert [each.called for each in files] == ["a.parquet", "", "hidden.data"]
    assert files[1].path == tmp_path / "plain.jsonl"
    assert lines(files[0].path) == [{"instruction": "a", "output": "b"}] * 3
    (problem,) = failed
    assert isinstance(problem, DataError)
    assert "damaged" in problem.summary
    foreign.close()
    assert not list((tmp_path / "w" / "incoming").iterdir())


def test_what_begins_like_parquet_is_parquet(tmp_path: Path) -> None:
    assert is_parquet(write_parquet(tmp_path / "x"))
    assert is_parquet(tmp_path / "gone.parquet")
    assert not is_parquet(tmp_path)
    assert not is_parquet(tmp_path / "gone.jsonl")


def test_a_conversion_that_is_stopped_leaves_nothing(
    qtbot: QtBot, qapp: object, tmp_path: Path
) -> None:
    file = write_parquet(tmp_path / "large.parquet", 400_000)
    job = ConvertJob.rows_of(file, tmp_path / "rows.jsonl")
    with qtbot.waitSignal(job.progressed, timeout=WAIT):
        job.start()
    with qtbot.waitSignal(job.ended, timeout=WAIT) as ended:
        job.cancel()
    assert isinstance(ended.args[0], JobStopped), ended.args[0]
    assert [path.name for path in tmp_path.iterdir()] == ["large.parquet"]
    job.close()


def test_a_dataset_that_was_dropped_as_parquet_is_imported(
    qtbot: QtBot, studio: Studio, light: Theme, tmp_path: Path
) -> None:
    page = DataPage(studio)
    qtbot.addWidget(page)
    page.arrivals.import_files([write_parquet(tmp_path / "mine.parquet")])
    qtbot.waitUntil(lambda: page.arrivals.dialog is not None, timeout=WAIT)
    dialog = page.arrivals.dialog
    assert dialog is not None
    assert dialog.name == "mine"
    with qtbot.waitSignal(studio.datasets.import_ended, timeout=WAIT) as ended:
        dialog.accept()
    (report,) = ended.args
    assert isinstance(report, ImportReport), report
    assert report.rows == 3
    assert not list(studio.workspace.incoming.iterdir())
    page.hidden()


def test_a_file_that_is_written_as_parquet_is_whole(
    qtbot: QtBot, studio: Studio, acts: ExchangeActs, tmp_path: Path
) -> None:
    opened(studio)
    dialog = acts.ask_export(None, None)
    assert isinstance(dialog, ExportDialog)
    dialog.container.setCurrentIndex(dialog.container.findData(Container.PARQUET))
    with qtbot.waitSignal(dialog.achieved, timeout=WAIT) as done:
        dialog.export(tmp_path / "out.parquet")
    assert isinstance(done.args[0], Converted)
    assert parquet.read_table(tmp_path / "out.parquet").column("output").to_pylist() == [
        row.output for row in ROWS
    ]
    assert [path.name for path in tmp_path.iterdir()] == ["workspace", "out.parquet"] or {
        path.name for path in tmp_path.iterdir()
    } == {"workspace", "out.parquet"}
