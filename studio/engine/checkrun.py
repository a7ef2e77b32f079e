"""Checks a dataset piece by piece: judges texts, measures rows as the model sees them."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from studio.core.example import TRAIN, ExampleError, example_of
from studio.core.problems import DataError, StudioError
from studio.core.protocol import CheckDataset, DatasetChecked
from studio.data.checks import statistics, wholes
from studio.data.checks.classes import OF_RENDERING
from studio.data.checks.judged import CHUNK, Ids
from studio.data.checks.ledger import Ledger, Length
from studio.data.checks.report import Costs, Item, Problem, judge, whole_texts
from studio.data.rowreader import RowReader
from studio.data.store import Dataset
from studio.engine.fit import fit
from studio.engine.render import Renderer
from studio.engine.rendered import Rendered
from studio.engine.templateguard import GUARD

_Together = tuple[dict[str, dict[int, str]], dict[str, Any], dict[str, Any] | None]
"""Problems, statistics, and how the tokenizer fits."""

NO_LIMIT = 1 << 30
AT_ONCE = 4
"""Chunks whose rows are rendered in one go: while some are encoded, others are written."""
_LOOKED_UP = 500
"""Rows whose texts are read at once when they are wanted by id."""
_WAIT = 0.02
"""Seconds between two looks at whether the rows have been judged together."""
PACKED_EVERY = 2.0
"""Seconds after which the window can read what was found so far."""
SAID_EVERY = 0.1
"""Seconds between two words about progress."""


class CheckRun:
    """One check of one dataset; made by the render process, which calls :meth:`pieces`."""

    def __init__(
        self,
        ask: CheckDataset,
        ledger: Ledger,
        dataset: Dataset,
        renderer: Renderer | None,
        costs: Costs | None = None,
    ) -> None:
        self._ask, self._ledger, self._dataset = ask, ledger, dataset
        self._renderer = renderer
        self._revision = dataset.revision  # edits that come meanwhile are for the next check
        self._judged_now = 0
        self._cancelled = threading.Event()
        self._known_fit: dict[str, Any] = {}
        self.costs = costs or Costs()

    def pieces(self) -> Iterator[DatasetChecked | None]:
        """Yield progress as it is made; None in between, so that other requests get a turn.

        Raises:
            StudioError: the dataset cannot be read, or the sidecar cannot be written.
        """
        with _explained(self._ledger.path):
            yield from self._rows_apart()
            yield from self._rows_together()
            yield self._said("", 0, 0, finished=True)

    def _rows_apart(self) -> Iterator[DatasetChecked | None]:
        """Judge the rows that were not judged as they are, the least ids first."""
        dataset, ledger = self._dataset, self._ledger
        ids = dataset.ids
        stamps = dataset.stamps(ids)
        texts_stale = ledger.texts_stale(ids, stamps)
        lengths_stale = texts_stale[:0]
        if self._renderer is not None:
            ledger.use_key(_key(self._ask, self._renderer))
            lengths_stale = ledger.lengths_stale(ids, stamps)
        work = np.union1d(texts_stale, lengths_stale)
        self._judged_now = len(work)
        by_id = dict(zip(work.tolist(), dataset.stamps(work).tolist(), strict=True))
        yield self._said("rows", 0, len(work))
        try:
            yield from self._chunks(work, by_id, texts_stale, lengths_stale)
        finally:
            self.costs.start()
            ledger.pack()  # also when a newer check takes over: it goes on from here
            self.costs.took("keeping")
        yield self._said("rows", len(work), len(work))

    def _chunks(
        self, work: Ids, stamps: dict[int, int], texts_stale: Ids, lengths_stale: Ids
    ) -> Iterator[DatasetChecked | None]:
        """Judge rows some chunks at a time."""
        done, said, packed = 0, time.monotonic(), time.monotonic()
        chunks = np.unique(work // CHUNK).tolist()
        for start in range(0, len(chunks), AT_ONCE):
            items: list[Item] = []
            for chunk in chunks[start : start + AT_ONCE]:
                items += (of_chunk := self._items(chunk, stamps))
                self._judge(of_chunk, texts_stale)
            self._measure(items, lengths_stale)
            done += len(items)
            if time.monotonic() - packed > PACKED_EVERY:
                self._ledger.pack()
                packed = time.monotonic()
            if time.monotonic() - said > SAID_EVERY:
                said = time.monotonic()
                yield self._said("rows", done, len(work))
            else:
                yield None

    def _items(self, chunk: int, stamps: dict[int, int]) -> list[Item]:
        """Return the rows of a chunk that are to be judged."""
        fields = ", ".join(self._dataset.fields)
        found = self._dataset.select(
            f"SELECT id, {fields} FROM rows WHERE id BETWEEN ? AND ?",
            (chunk * CHUNK, (chunk + 1) * CHUNK - 1),
        )
        return [Item(row, stamps[row], tuple(texts)) for row, *texts in found if row in stamps]

    def _judge(self, items: list[Item], wanted: Ids) -> None:
        chosen = _among(items, wanted)
        if chosen:
            batch = judge(self._dataset.kind, chosen, self.costs)
            self.costs.start()
            self._ledger.record_texts(batch.judged, batch.problems)
            self.costs.took("keeping")

    def _measure(self, items: list[Item], wanted: Ids) -> None:
        chosen = _among(items, wanted)
        if not chosen or self._renderer is None:
            return
        self.costs.start()
        lengths, problems = measured(self._renderer, self._dataset, chosen)
        self.costs.took("tokens")
        self._ledger.record_lengths(lengths, problems)
        self.costs.took("keeping")

    def _rows_together(self) -> Iterator[DatasetChecked | None]:
        """Judge all rows together, on a thread of its own: a preview is not to wait for it."""
        self._known_fit = self._ledger.noted("fit") or {}
        found: Future[_Together] = Future()
        job = threading.Thread(target=self._judge_wholes, args=(found,), name="rows together")
        self.costs.start()
        job.start()
        try:
            said = 0.0
            while job.is_alive():
                job.join(_WAIT)
                if time.monotonic() - said > SAID_EVERY:
                    said = time.monotonic()
                    yield self._said("together", 0, 0)
                else:
                    yield None
        finally:
            self._cancelled.set()
            job.join()
        self._keep(found.result())
        self.costs.took("rows together")

    def _judge_wholes(self, found: Future[_Together]) -> None:
        """Find out what rows have because of others, and what is in them."""
        try:
            with GUARD.shared(), self._dataset.reader() as reader:
                rows = self._rows(reader)
                problems = wholes.judge(rows)
                numbers = statistics.survey(
                    reader.kind, rows.judged, lambda ids: _texts(reader, ids)
                )
                fitted = self._fitted(reader)
            found.set_result((problems, numbers, fitted))
        except Exception as err:  # noqa: BLE001 - it is raised again where somebody hears it
            found.set_exception(err)

    def _fitted(self, reader: RowReader) -> dict[str, Any] | None:
        """Return how the tokenizer fits; None if what is known of it still tells the truth."""
        if self._renderer is None:
            return None
        key = {**_key(self._ask, self._renderer), "size": len(reader).bit_length()}
        if self._known_fit.get("key") == key and self._judged_now * 50 < len(reader):
            return None
        return {**fit(self._renderer, reader), "key": key}

    def _keep(self, together: _Together) -> None:
        problems, numbers, fitted = together
        self._ledger.record_wholes(problems)
        self._ledger.note(statistics=numbers, near=self._ask.near, revision=self._revision)
        if fitted is not None:
            self._ledger.note(fit=fitted)

    def _rows(self, reader: RowReader) -> wholes.Rows:
        trained = np.isin(reader.ids, reader.find(split=TRAIN))
        return wholes.Rows(
            judged=self._ledger.judged.of(reader.ids),
            held=~trained,
            splits=reader.split_counts(),
            tags=reader.tag_counts(),
            texts=lambda ids: whole_texts(reader.kind, _texts(reader, ids)),
            near=self._ask.near,
            cancelled=self._cancelled.is_set,
        )

    def _said(self, what: str, done: int, total: int, *, finished: bool = False) -> DatasetChecked:
        return DatasetChecked(
            id=self._ask.id,
            what=what,
            done=done,
            total=total,
            finished=finished,
            revision=self._revision if finished else 0,
            seconds=dict(self.costs.seconds) if finished else {},
        )


def measured(
    renderer: Renderer, dataset: RowReader, items: Sequence[Item]
) -> tuple[list[Length], list[Problem]]:
    """Return how long rows are as the model sees them, and what is wrong with them then."""
    whole, examples = [], []
    for item in items:
        try:
            examples.append(example_of(dataset.kind, item.texts))
            whole.append(item)
        except ExampleError:
            continue  # told as "not_example" by the checks of texts
    lengths: dict[int, Length] = {item.id: (item.id, item.stamp, 0, 0, -1, 0) for item in items}
    problems: list[Problem] = []
    for item, row in zip(whole, renderer.rows(examples, NO_LIMIT), strict=True):
        lengths[item.id] = (item.id, item.stamp, *_length(row))
        for finding in row.findings:
            code = "model_mark" if finding.code == "special_text" else finding.code
            if code in OF_RENDERING:
                detail = finding.summary if code == "template_failed" else ""
                problems.append((code, item.id, detail))
    return list(lengths.values()), problems


def _length(row: Rendered) -> tuple[int, int, int, int]:
    """Return tokens, prompt, end_at and trained of a row, as in the sidecar."""
    spans = [span for sequence in row.sequences for span in sequence.spans]
    tokens = max(len(sequence.ids) for sequence in row.sequences)
    prompt = min((span.start for span in spans), default=tokens)
    end_at = max((span.stop - 1 for span in spans if span.ends), default=-1)
    trained = sum(span.stop - span.start for s in row.learned for span in s.spans)
    return tokens, prompt, end_at, trained


def _key(ask: CheckDataset, renderer: Renderer) -> dict[str, str]:
    """Return what the lengths of rows depend on."""
    tokenizer = Path(ask.model) / "tokenizer.json"
    changed = str(tokenizer.stat().st_mtime_ns) if tokenizer.is_file() else ""
    return {
        "model": ask.model,
        "tokenizer": changed,
        "template": renderer.template_hash,
        "system_prompt": ask.system_prompt,
    }


def _among(items: list[Item], wanted: Ids) -> list[Item]:
    if not len(wanted) or not items:
        return []
    ids = np.array([item.id for item in items])
    at = np.searchsorted(wanted, ids).clip(max=len(wanted) - 1)
    return [item for item, there in zip(items, (wanted[at] == ids).tolist(), strict=True) if there]


def _texts(reader: RowReader, ids: Sequence[int]) -> list[tuple[str, ...]]:
    """Return the texts of rows by id, in the order asked."""
    found: list[tuple[str, ...]] = []
    for start in range(0, len(ids), _LOOKED_UP):
        some = ids[start : start + _LOOKED_UP]
        by_id = {row.id: row.texts for row in reader.rows_of(some)}
        found += [by_id.get(row, ("",) * len(reader.fields)) for row in some]
    return found


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except StudioError:
        raise
    except sqlite3.Error as err:
        raise DataError(
            f"What checks find cannot be kept in {path.name}: {err}.",
            "Free some room, then check again.",
        ) from err
