"""Messages from processes with one job: fetching, importing, converting, the doctor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A model is on the disk, verified and ready."""

    id: int
    path: str
    source: str
    """One sentence: where it is from, and "from 4-bit weights" if so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportRows:
    """Make a dataset of files; cancelled by closing the pipe."""

    id: int
    dataset: str
    """Path of the dataset's file, which is made."""
    source: str = ""
    """The file, imported as it is recognised; unless there are plans."""
    plans: list[Any] = field(default_factory=list)
    """As ``studio.data.importwire`` writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyRows:
    """Count what files hold, as an import would read them; cancelled by closing the pipe."""

    id: int
    plans: list[Any]
    """As ``studio.data.importwire`` writes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsSurveyed:
    """What files hold; see ``studio.data.surveying``."""

    id: int
    rows: int
    faults: int
    filled: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowsComing:
    """How far an import is; done and total count bytes of its files."""

    id: int
    file: str
    done: int
    total: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A dataset is whole and on the disk."""

    id: int
    report: dict[str, Any]
    """As ``studio.data.importwire`` writes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """A file of rows was made from another, whole and on the disk."""

    id: int
    path: str
    rows: int
    notes: list[str] = field(default_factory=list)
    """What is another in it than in the file it was made from; sentences."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubDataset:
    """What the Hub has under a dataset's name."""

    id: int
    repo: str
    revision: str
    """The commit, so that what is taken is what was shown."""
    licence: str = ""
    size_bytes: int = 0
    """Of the files with rows; 0 if not known."""
    configs: list[Any] = field(default_factory=list)
    """A list of [config, [split, ...]]; the one that is meant without a name comes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubModels:
    """What a search of the Hub for models found."""

    id: int
    models: list[Any] = field(default_factory=list)
    """Objects as ``studio.core.hubentry`` reads them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line of the doctor's report."""

    id: int
    name: str
    level: str
    """good, warn or bad."""
    summary: str
    hint: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
