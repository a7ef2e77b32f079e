"""What differs now from when a run was made: model, rows, versions, device."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from studio.core.problems import StudioError
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder, Workspace
from studio.data.datasetnames import resolve_dataset
from studio.data.mixing import parts_of
from studio.data.recipefile import read_recipe
from studio.data.runfiles import read_events, read_origin
from studio.data.runprep import versions
from studio.data.store import Dataset
from studio.machine.computer import processor_name
from studio.machine.devices import MachineReading
from studio.machine.modelmark import model_mark
from studio.machine.models import resolve_model

SAME, OTHER, UNKNOWN = "same", "other", "unknown"


@dataclass(frozen=True, slots=True)
class Compared:
    """One thing a result depends on.

    Attributes:
        what: its name, such as "Model".
        verdict: same, other or unknown.
        sentence: how it was and how it is.
        stops: whether the run cannot be made again while it is so.
    """

    what: str
    verdict: str
    sentence: str
    stops: bool = False


def compare_with_now(workspace: Workspace, folder: RunFolder, device: str) -> list[Compared]:
    """Return what a run depends on, beside how that is on this computer now.

    Args:
        workspace: where its model and dataset are looked for.
        folder: the run.
        device: what would train here, as in RunStarted: "cuda:0 NVIDIA ..." or "cpu ...".

    Raises:
        RecipeError: the run's recipe cannot be read.
    """
    recipe = read_recipe(folder.recipe)
    return [
        _model(workspace, folder, recipe),
        _rows(folder),
        _dataset(workspace, folder, recipe),
        *_versions(folder),
        _device(folder, recipe, device),
    ]


def reproduced(folder: RunFolder) -> Recipe:
    """Return the recipe that makes a run again.

    Raises:
        RecipeError: it cannot be read.
    """
    recipe = read_recipe(folder.recipe)
    title = recipe.title or folder.id
    return recipe.replace(title=f"{title}, again"[:200])


def _model(workspace: Workspace, folder: RunFolder, recipe: Recipe) -> Compared:
    known = str(read_origin(folder).get("model_mark") or "")
    name = Path(recipe.model).name
    try:
        now = model_mark(resolve_model(workspace, recipe.model))
    except StudioError as problem:
        return Compared("Model", OTHER, problem.summary, stops=True)
    if not known:
        return Compared("Model", UNKNOWN, f"{name} is here; the run did not note its hash.")
    if now == known:
        return Compared("Model", SAME, f"{name} is the same, by its hash.")
    return Compared("Model", OTHER, f"{name} is another one now: its files have changed.")


def _rows(folder: RunFolder) -> Compared:
    """Judge the run's own frozen rows, which its reproduction learns from."""
    rows = read_origin(folder).get("rows")
    total = sum(rows.values()) if isinstance(rows, dict) else 0
    if not folder.rows.is_file():
        return Compared("Rows", OTHER, "The run's frozen rows are gone.", stops=True)
    words = f"{total:,} frozen rows are" if total else "Its frozen rows are"
    return Compared("Rows", SAME, f"{words} in the run's folder; they are taken again.")


def _dataset(workspace: Workspace, folder: RunFolder, recipe: Recipe) -> Compared:
    """Judge the dataset, which is a remark only: the frozen rows are what counts."""
    origin, name = read_origin(folder), Path(recipe.dataset).stem
    known = str(origin.get("dataset_fingerprint") or "")
    parts = {part.dataset for part in parts_of(recipe)}
    try:
        with Dataset.open(resolve_dataset(workspace, recipe.dataset), read_only=True) as data:
            now = data.fingerprint()
    except StudioError:
        return Compared("Dataset", OTHER, f"{name} is not in this workspace any more.")
    if not known:
        return Compared("Dataset", UNKNOWN, f"{name} is here; the run did not note its hash.")
    if now != known:
        return Compared("Dataset", OTHER, f"{name} was edited since; that changes nothing here.")
    mixed = " The other parts of its mix were not compared." if len(parts) > 1 else ""
    return Compared("Dataset", SAME, f"{name} is as it was.{mixed}")


def _versions(folder: RunFolder) -> list[Compared]:
    then, now = read_origin(folder).get("versions"), versions()
    if not isinstance(then, dict):
        return [Compared("Versions", UNKNOWN, "The run did not note its versions.")]
    other = [
        f"{name} {then[name]}, now {now.get(name, 'missing')}"
        for name in then
        if str(then[name]) != now.get(name)
    ]
    if not other:
        return [Compared("Versions", SAME, f"All {len(then)} versions are the same.")]
    return [Compared("Versions", OTHER, f"{'; '.join(other)}.")]


def _device(folder: RunFolder, recipe: Recipe, device: str) -> Compared:
    events = read_events(folder)
    then = next((found for e in events if (found := getattr(e, "device", ""))), "")
    if not then:
        return Compared("Device", UNKNOWN, "The run was never started.")
    if then == device:
        return Compared("Device", SAME, f"{device}, as then.")
    gone = recipe.device == "cuda" and not device.startswith("cuda")
    more = " Its recipe asks for a card." if gone else ""
    return Compared("Device", OTHER, f"{then} then, {device} now.{more}", stops=gone)


def device_now(reading: MachineReading) -> str:
    """Return what would train here, in the words of RunStarted."""
    gpu = reading.gpu
    return f"cuda:0 {gpu.name}" if gpu is not None else f"cpu {processor_name()}".strip()
