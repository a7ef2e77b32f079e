"""What an export writes: which rows, in which layout, into which kind of file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any

from studio.core.example import Kind
from studio.core.problems import DataError
from studio.data.layouts import Layout
from studio.data.packing import Ids


class Container(StrEnum):
    """The kinds of file that rows can be written as."""

    JSONL = "jsonl"
    JSON = "json"
    CSV = "csv"
    TSV = "tsv"
    PARQUET = "parquet"
    TEXT = "txt"


class Beside(StrEnum):
    """What stands beside a row's texts, and may be written as a column."""

    SPLIT = "split"
    TAGS = "tags"
    NOTE = "note"


ENDINGS = {
    ".jsonl": Container.JSONL,
    ".ndjson": Container.JSONL,
    ".json": Container.JSON,
    ".csv": Container.CSV,
    ".tsv": Container.TSV,
    ".parquet": Container.PARQUET,
    ".txt": Container.TEXT,
    ".md": Container.TEXT,
}
PACKED = ".gz"


@dataclass(frozen=True, slots=True)
class ExportPlan:
    """What to write.

    Attributes:
        container: the kind of file.
        layout: how a row is laid out; None for the way its own file did.
        packed: whether it is compressed with gzip.
        ids: the rows, in this order; None for all.
        split: only the rows of this one; all if empty.
        beside: what is written as columns of their own.
        escape: whether cells of tables that a spreadsheet would take for a formula get a ' before
            them, which changes them.
        info: whether the entry for LLaMA-Factory's dataset_info.json is written beside the file.
    """

    container: Container = Container.JSONL
    layout: Layout | None = None
    packed: bool = False
    ids: Ids | None = None
    split: str = ""
    beside: frozenset[Beside] = frozenset()
    escape: bool = False
    info: bool = False

    @property
    def as_lines(self) -> ExportPlan:
        """The same rows as plain JSON lines, to make another file of."""
        return replace(self, container=Container.JSONL, packed=False, info=False)

    @property
    def body(self) -> dict[str, Any]:
        """The plan without its rows, for JSON."""
        return {
            "container": self.container.value,
            "layout": self.layout.value if self.layout is not None else None,
            "packed": self.packed,
            "split": self.split,
            "beside": sorted(name.value for name in self.beside),
            "escape": self.escape,
            "info": self.info,
        }


def plan_of(body: Mapping[str, Any], ids: Ids | None) -> ExportPlan:
    """Return the plan that :attr:`ExportPlan.body` was made of, for these rows."""
    layout = body.get("layout")
    return ExportPlan(
        Container(body.get("container", Container.JSONL)),
        Layout(layout) if layout else None,
        bool(body.get("packed")),
        ids,
        str(body.get("split", "")),
        frozenset(Beside(name) for name in body.get("beside", ())),
        bool(body.get("escape")),
        bool(body.get("info")),
    )


_LAYOUTS: dict[Kind, tuple[Layout, ...]] = {
    Kind.TRIPLE: (Layout.ALPACA, Layout.PROMPT_COMPLETION, Layout.OPENAI, Layout.SHAREGPT),
    Kind.CONVERSATION: (Layout.OPENAI, Layout.SHAREGPT, Layout.ALPACA_HISTORY),
    Kind.TEXT: (Layout.TEXT,),
    Kind.PREFERENCE: (
        Layout.PREFERENCE,
        Layout.PREFERENCE_TURNS,
        Layout.PREFERENCE_SHAREGPT,
        Layout.KTO,
        Layout.KTO_TURNS,
    ),
}
WORDS = {
    Layout.ALPACA: "Alpaca: instruction, input, output",
    Layout.PROMPT_COMPLETION: "Prompt and completion",
    Layout.OPENAI: "OpenAI messages: role and content",
    Layout.SHAREGPT: "ShareGPT: from and value",
    Layout.ALPACA_HISTORY: "Alpaca with system and history",
    Layout.TEXT: "Text",
    Layout.PREFERENCE: "Preference: prompt, chosen, rejected",
    Layout.PREFERENCE_TURNS: "Preference, as messages",
    Layout.PREFERENCE_SHAREGPT: "Preference, as ShareGPT",
    Layout.KTO: "KTO: prompt, completion, label",
    Layout.KTO_TURNS: "KTO, as messages",
}
"""Layouts by name."""
_LOSSES = {
    (Kind.TRIPLE, Layout.PROMPT_COMPLETION): "Instruction and input become one prompt.",
    (Kind.TRIPLE, Layout.OPENAI): "Instruction and input become one turn of the user.",
    (Kind.TRIPLE, Layout.SHAREGPT): "Instruction and input become one turn of the user.",
    (
        Kind.CONVERSATION,
        Layout.ALPACA_HISTORY,
    ): "Conversations that are not questions with an answer each are left out.",
    (Kind.PREFERENCE, Layout.KTO): "Each pair becomes two rows: one good answer, one bad.",
    (Kind.PREFERENCE, Layout.KTO_TURNS): "Each pair becomes two rows: one good answer, one bad.",
}


def layouts_for(kind: Kind) -> tuple[Layout, ...]:
    """Return the layouts that rows of a kind can be written in."""
    return _LAYOUTS[kind]


def containers_for(kind: Kind) -> tuple[Container, ...]:
    """Return the kinds of file that rows of a kind can be written as."""
    return tuple(c for c in Container if c is not Container.TEXT or kind is Kind.TEXT)


def losses(kind: Kind, plan: ExportPlan) -> list[str]:
    """Return what will be another in the file than in the dataset, in sentences."""
    said = []
    if plan.layout is not None and (kind, plan.layout) in _LOSSES:
        said.append(_LOSSES[kind, plan.layout])
    if plan.escape and plan.container in (Container.CSV, Container.TSV):
        said.append(
            "Cells that begin with = + - @ or a tab get a ' before them: these cells are changed."
        )
    if plan.container is Container.TEXT:
        said.append("Only the texts are written; splits, tags and other columns are not.")
    return said


def container_of(path: Path) -> tuple[Container, bool]:
    """Return the kind of file that a name's ending stands for, and whether it is packed.

    Raises:
        DataError: the ending is not known.
    """
    packed = path.suffix.lower() == PACKED
    ending = (path.with_suffix("") if packed else path).suffix.lower()
    if ending not in ENDINGS:
        raise DataError(
            f"{path.name} does not say which kind of file it is to be.",
            f"Let its name end in {', '.join(_said_endings())}; .gz after it packs it.",
        )
    container = ENDINGS[ending]
    if packed and container is Container.PARQUET:
        raise DataError("Parquet is packed already.", "Leave .gz away.")
    return container, packed


def _said_endings() -> Iterator[str]:
    return (f".{container.value}" for container in Container)
