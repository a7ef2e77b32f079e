"""Messages to and from the render process: previews, token counts and checks of rows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RenderRow:
    """Render one row as training sees it."""

    id: int
    model: str
    """Folder of the base model."""
    row_kind: str
    """What the row is: as in :class:`~studio.core.example.Kind`."""
    texts: list[str]
    """Of the row, in the order of ``FIELDS[kind]``."""
    max_tokens: int = 512
    template: str = ""
    """Empty for the model's own, a built-in's name, or Jinja."""
    system_prompt: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowRendered:
    """The tokens of a row; one list for each sequence that it makes."""

    id: int
    parts: list[Any]
    """Each {"name": str, "tokens": [[id, text, state, special, whose]]}. The name is empty if
    there is one alone; a preference has Chosen and Rejected. Whose words a token is: system, user,
    assistant, tool, text or template."""
    findings: list[Any] = field(default_factory=list)
    """Of this row: a list of [code, level, summary, hint], the gravest first."""
    template: str = ""
    """Which template it was, as words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckDataset:
    """Bring a dataset's sidecar up to date: what is wrong with its rows, and how long they are.

    Rows that were judged as they are now are not judged again. A newer check takes the place of
    one that is under way; what that has found stays in the sidecar.
    """

    id: int
    dataset: str
    """Path of the dataset's file, opened read-only."""
    sidecar: str
    """Path of the file to write; see ``studio.data.checks.sidecar``."""
    model: str = ""
    """Folder of the base model; empty judges the texts alone."""
    template: str = ""
    system_prompt: str = ""
    near: float = 0.8
    """Similarity, 0 to 1, from which two rows are nearly the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetChecked:
    """How far a check is; the last one is finished. What was found is in the sidecar."""

    id: int
    what: str
    """rows (each by itself, done of total), together (all with each other), or empty at the end."""
    done: int
    total: int
    finished: bool = False
    revision: int = 0
    """Of the dataset, as it was judged; only when finished."""
    seconds: dict[str, Any] = field(default_factory=dict)
    """Only when finished: what each family of checks took."""
