"""What can be talked to: the branches a run has grown, and how to load one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from studio.core.problems import ModelError, StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.checkpointplaces import checkpoint_folder
from studio.data.checkpoints import checkpoint_steps
from studio.data.recipefile import read_recipe
from studio.data.runfiles import RunSummary
from studio.machine.modelgate import read_json
from studio.machine.models import resolve_model

CONFIG = "adapter_config.json"
LONGEST_NAME = 200
_DATE = re.compile(r"^\d{4}-\d\d-\d\d-")


@dataclass(frozen=True, slots=True)
class Branch:
    """An adapter of a run that is whole on the disk.

    Attributes:
        folder: in PEFT's layout.
        title: "result" for the run's chosen result, else "step 240".
        step: of its checkpoint; 0 for the result.
    """

    folder: Path
    title: str
    step: int = 0


@dataclass(frozen=True, slots=True)
class Column:
    """An adapted column: a branch of a run, or an adapter from elsewhere.

    Attributes:
        branch: what answers.
        run: where it is from; None for a folder from elsewhere.
        branches: all of the run's.
    """

    branch: Branch
    run: RunSummary | None = None
    branches: tuple[Branch, ...] = ()

    @property
    def title(self) -> str:
        """Run and branch, or the folder's name."""
        return f"{self.run.title} · {self.branch.title}" if self.run else self.branch.title

    @property
    def key(self) -> str:
        """What tells the column from others."""
        return str(self.branch.folder)

    @property
    def request(self) -> dict[str, str]:
        """The column as the chat process is asked for it."""
        run = str(self.run.folder.path) if self.run else ""
        return {"name": self.title, "adapter": self.key, "run": run}


def column_of(summary: RunSummary, wanted: str = "") -> Column | None:
    """Return the column of a run: its branch of that title, else its first; None without any."""
    branches = tuple(branches_of(summary.folder))
    branch = next((each for each in branches if each.title == wanted), None)
    branch = branch or next(iter(branches), None)
    return Column(branch, summary, branches) if branch is not None else None


def branches_of(run: RunFolder) -> list[Branch]:
    """Return the adapters of a run: its result first, then its checkpoints from the last one."""
    found = []
    for step in checkpoint_steps(run):
        folder = checkpoint_folder(run, step)
        adapter = next((f for f in (folder, folder / "adapter") if (f / CONFIG).is_file()), None)
        if adapter is not None:
            found.append(Branch(adapter, f"step {step:,}", step))
    if (run.adapter / CONFIG).is_file():
        found.insert(0, Branch(run.adapter, "result"))
    return found


def told_apart(runs: Sequence[RunSummary]) -> list[RunSummary]:
    """Return runs whose titles are all different: those that share one also say their id."""
    titles = Counter(run.title for run in runs)
    short = Counter(_DATE.sub("", run.run) for run in runs)

    def told(run: RunSummary) -> str:
        bare = _DATE.sub("", run.run)
        return f"{run.title} ({bare if short[bare] == 1 else run.run})"

    return [replace(run, title=told(run)) if titles[run.title] > 1 else run for run in runs]


def claimed_base(folder: Path) -> str:
    """Return the name of the base that an adapter from elsewhere says it was trained on.

    Empty if it says none; what it says is a stranger's text.
    """
    try:
        body = read_json(folder / CONFIG)
    except StudioError:
        return ""
    told = body.get("base_model_name_or_path") if isinstance(body, dict) else ""
    return PurePosixPath(str(told or "")[:LONGEST_NAME].replace("\\", "/")).name


def columns_request(
    workspace: Workspace, based: RunSummary, columns: Sequence[Column]
) -> dict[str, Any]:
    """Return the arguments that load a run's base with the columns on it.

    Raises:
        StudioError: the run's recipe cannot be read, or its base is not on this computer.
    """
    recipe = read_recipe(based.folder.recipe)
    try:
        model = resolve_model(workspace, recipe.model)
    except ModelError as err:
        words = f"{based.title} needs the model {recipe.model}, which is not here."
        raise ModelError(
            words, "Fetch it or add its folder on the Model page, or choose another run."
        ) from err
    return {"model": str(model)} | _columns(columns) | _numbers(recipe)


def base_request(model: Path, recipe: Recipe, columns: Sequence[Column] = ()) -> dict[str, Any]:
    """Return the arguments that load a base with columns, with the number format of a recipe."""
    return {"model": str(model)} | _columns(columns) | _numbers(recipe)


def _columns(columns: Sequence[Column]) -> dict[str, Any]:
    first = columns[0].request if columns else {}
    return {
        "adapter": first.get("adapter", ""),
        "run": first.get("run", ""),
        "others": [column.request for column in columns[1:]],
    }


def _numbers(recipe: Recipe) -> dict[str, Any]:
    return {
        "quantization": recipe.quantization,
        "double_quant": recipe.double_quant,
        "precision": recipe.precision,
        "device": recipe.device,
    }
