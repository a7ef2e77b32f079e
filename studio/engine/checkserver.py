"""Checks of datasets in the render process: one at a time, each going on where the last ended."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

from studio.core.protocol import CheckDataset, DatasetChecked
from studio.data.checks import sidecar
from studio.data.checks.ledger import Ledger
from studio.data.store import Dataset
from studio.engine.checkrun import CheckRun
from studio.engine.render import Renderer

Renderers = Callable[[str, str, str], Renderer]
"""Returns the renderer for a model's folder, a template and a system prompt."""


class CheckServer:
    """Holds the ledger of the dataset that was checked last, so that an edit is judged at once."""

    def __init__(self, renderers: Renderers) -> None:
        self._renderers = renderers
        self._ledger: Ledger | None = None

    def pieces(self, ask: CheckDataset) -> Iterator[DatasetChecked | None]:
        """Yield how far a check is; None where others may have a turn.

        Raises:
            StudioError: model, dataset or sidecar cannot be used.
        """
        renderer = None
        if ask.model:
            renderer = self._renderers(ask.model, ask.template, ask.system_prompt)
        with Dataset.open(Path(ask.dataset), read_only=True) as dataset:
            path = Path(ask.sidecar)
            try:
                yield from CheckRun(ask, self._open(path), dataset, renderer).pieces()
            except sqlite3.Error as err:  # of the sidecar: those of the dataset are sentences
                self.close()
                if not isinstance(err, sqlite3.OperationalError):
                    sidecar.discard(path)  # damaged: the next check makes it anew
                raise sidecar.unkept(path, err) from err

    def close(self) -> None:
        """Close the ledger."""
        if self._ledger is not None:
            self._ledger.close()
            self._ledger = None

    def _open(self, path: Path) -> Ledger:
        ledger = self._ledger
        if ledger is not None and (ledger.path != path or ledger.lost):
            self.close()
        if self._ledger is None:
            self._ledger = Ledger(path)
        return self._ledger
