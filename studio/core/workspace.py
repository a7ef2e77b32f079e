"""The folder with everything of one user; the only place where its file names are spelled."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from studio.core.problems import StudioError

_BAD_IN_NAME = re.compile(r"[^\w.+-]+")
_RESERVED = {"con", "prn", "aux", "nul", *(f"{d}{i}" for d in ("com", "lpt") for i in range(1, 10))}
STEP_DIGITS = 6
NAME_BYTES = 120
"""A file name may have 255 bytes on most systems; ends such as -wal and numbers are added."""


def file_name(title: str, fallback: str = "unnamed") -> str:
    """Return a file name for a title that is safe on every system and stays in its folder."""
    name = _BAD_IN_NAME.sub("-", title).strip("-. ")
    name = name.encode("utf-8", "ignore")[:NAME_BYTES].decode("utf-8", "ignore").rstrip("-. ")
    if not name or name.split(".")[0].lower() in _RESERVED:
        name = f"{fallback}-{name}".rstrip("-")
    return name


@dataclass(frozen=True, slots=True)
class RunFolder:
    """Paths inside one run's folder."""

    path: Path

    @property
    def workspace(self) -> Workspace:
        """The workspace that the run is in."""
        return Workspace(self.path.parent.parent)

    @property
    def id(self) -> str:
        """The run's id, which is its folder's name and never changes."""
        return self.path.name

    @property
    def recipe(self) -> Path:
        """The settings as started; immutable."""
        return self.path / "recipe.toml"

    @property
    def meta(self) -> Path:
        """Title, notes and tags; may be edited."""
        return self.path / "meta.toml"

    @property
    def origin(self) -> Path:
        """What the run was made from: hashes, versions, predicted peak (JSON)."""
        return self.path / "origin.json"

    @property
    def rows(self) -> Path:
        """The frozen rows as text: JSON lines of {row, split, instruction, input, output}."""
        return self.path / "data" / "rows.jsonl"

    @property
    def tokens(self) -> Path:
        """The frozen rows as tokens and states (Arrow), written once by the engine."""
        return self.path / "data" / "tokens.arrow"

    @property
    def row_losses(self) -> Path:
        """The loss of each row each time it was trained; fixed records, see data/rowlosses.py."""
        return self.path / "data" / "rowlosses.bin"

    @property
    def heartbeat(self) -> Path:
        """Touched every few seconds by a living engine, so that a long step is no riddle."""
        return self.path / "heartbeat"

    @property
    def probes(self) -> Path:
        """The frozen general questions that measure forgetting, with the rows they leak into."""
        return self.path / "data" / "probes.jsonl"

    @property
    def replay(self) -> Path:
        """The frozen general rows that are learned along or kept close to."""
        return self.path / "data" / "replay.jsonl"

    @property
    def probed(self) -> Path:
        """Which of the questions each evaluation asks, chosen once (JSON)."""
        return self.path / "data" / "probed.json"

    @property
    def start(self) -> Path:
        """The adapter that the run goes on from, as it was; only if it goes on from one."""
        return self.path / "data" / "start"

    @property
    def events(self) -> Path:
        """The truth about the run; append-only JSON lines."""
        return self.path / "events.jsonl"

    @property
    def control(self) -> Path:
        """What the user asks of a running run; append-only JSON lines."""
        return self.path / "control.jsonl"

    @property
    def log(self) -> Path:
        """What the engine and its libraries print."""
        return self.path / "engine.log"

    @property
    def lock(self) -> Path:
        """Held by the engine while it runs; holds its pid and creation time."""
        return self.path / "lock"

    @property
    def checkpoints(self) -> Path:
        """Folder of the committed checkpoints."""
        return self.path / "checkpoints"

    @property
    def adapter(self) -> Path:
        """The chosen result, in PEFT's layout."""
        return self.path / "adapter"

    def checkpoint(self, step: int) -> Path:
        """Return the folder of the checkpoint at a step."""
        return self.checkpoints / f"step-{step:0{STEP_DIGITS}d}"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths inside a workspace. Making one touches no disk; see :meth:`create`."""

    path: Path

    @property
    def settings(self) -> Path:
        """Settings that belong to the workspace."""
        return self.path / "workspace.toml"

    @property
    def draft(self) -> Path:
        """The recipe as it was left in the window."""
        return self.path / "draft.toml"

    @property
    def imports(self) -> Path:
        """How files with the same columns were imported before (JSON)."""
        return self.path / "imports.json"

    @property
    def incoming(self) -> Path:
        """Folder in which foreign files become files of rows, before they are imported."""
        return self.path / "incoming"

    @property
    def datasets(self) -> Path:
        """Folder of the editable datasets."""
        return self.path / "datasets"

    @property
    def models(self) -> Path:
        """Folder of the models that were fetched into this workspace."""
        return self.path / "models"

    @property
    def runs(self) -> Path:
        """Folder of the runs."""
        return self.path / "runs"

    @property
    def queue(self) -> Path:
        """The runs that wait for their turn, in order (JSON)."""
        return self.path / "queue.json"

    @property
    def queue_lock(self) -> Path:
        """Held by whoever starts the waiting runs, one after another."""
        return self.path / "queue.lock"

    @property
    def queue_log(self) -> Path:
        """What the process prints that starts the waiting runs."""
        return self.path / "queue.log"

    @property
    def evaluations(self) -> Path:
        """What was measured: evaluations with their answers (SQLite)."""
        return self.path / "evaluations.sqlite"

    @property
    def conversations(self) -> Path:
        """What was said in Chat (SQLite)."""
        return self.path / "conversations.sqlite"

    @property
    def base_answers(self) -> Path:
        """What bases made of general questions; may be deleted, and is found again."""
        return self.path / "cache" / "general"

    def dataset(self, name: str) -> Path:
        """Return the file of a dataset."""
        return self.datasets / f"{name}.sqlite"

    def model(self, name: str) -> Path:
        """Return the folder of a model."""
        return self.models / name

    def run(self, run_id: str) -> RunFolder:
        """Return the paths of a run; the run may not exist."""
        return RunFolder(self.runs / run_id)

    def dataset_names(self) -> list[str]:
        """Return the names of the datasets, sorted."""
        return sorted(path.stem for path in self.datasets.glob("*.sqlite"))

    def run_folders(self) -> list[RunFolder]:
        """Return the runs on disk, newest id first: the tenth of a day before its ninth."""
        found = (path for path in self.runs.glob("*") if _is_run(path))
        return [RunFolder(path) for path in sorted(found, key=_numbered, reverse=True)]

    def create(self) -> Workspace:
        """Make the folders where they are missing.

        Raises:
            StudioError: the place cannot be written to.
        """
        try:
            for folder in (self.datasets, self.models, self.runs):
                folder.mkdir(parents=True, exist_ok=True)
            self.settings.touch(exist_ok=True)
        except OSError as err:
            raise StudioError(
                f"The workspace {self.path} cannot be used: {err.strerror or err}.",
                "Choose another folder with --workspace, or free the place.",
            ) from err
        return self


def _is_run(path: Path) -> bool:
    """Whether a folder is a run's; one that nobody may look into hides no other."""
    try:
        return (path / "recipe.toml").is_file()
    except OSError:
        return False


def _numbered(path: Path) -> list[tuple[str, int]]:
    """Return a key that sorts hotel-2 before hotel-10."""
    parts = re.findall(r"([^0-9]*)([0-9]{0,18})", path.name)
    return [(words, int(number or 0)) for words, number in parts]
