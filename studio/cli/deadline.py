"""``fit --before``: what makes a run end before a time of day."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from studio.cli.train import lengths_of
from studio.core.modelshape import ModelShape
from studio.core.pace import newest_speed, run_seconds, steps_of
from studio.core.problems import RecipeError, RunError
from studio.core.recipe import Recipe
from studio.core.sooner import Hurry, sooner_ways
from studio.core.units import duration
from studio.core.waysout import RowsKnown, WayOut
from studio.core.workspace import Workspace
from studio.data.datasetnames import resolve_dataset
from studio.data.store import Dataset
from studio.machine.models import inspect_model, resolve_model
from studio.machine.peakhistory import read_peaks


def seconds_until(clock: str, now: datetime) -> float:
    """Return the seconds until a time of day such as "08:00", the next one of that clock.

    Raises:
        RecipeError: it is no time of day.
    """
    try:
        at = datetime.strptime(clock, "%H:%M")
    except ValueError as err:
        raise RecipeError({"before": f"is {clock!r}, not a time such as 08:00"}) from err
    wanted = now.replace(hour=at.hour, minute=at.minute, second=0, microsecond=0)
    if wanted <= now:
        wanted += timedelta(days=1)
    return (wanted - now).total_seconds()


def hurry_of(
    workspace: Workspace, recipe: Recipe, device: str, allowed: float
) -> tuple[Hurry, RowsKnown, dict[str, Any]]:
    """Return how long a run takes and may take, its rows, and what an estimate is told of them.

    Raises:
        StudioError: no speed of the model was measured here, or there are no rows to train on.
    """
    name = inspect_model(resolve_model(workspace, recipe.model)).name
    speed = newest_speed(read_peaks(), name, device)
    if speed is None:
        raise RunError(
            f"How long {name} takes here is not known: nothing was measured yet.",
            "Train it once, or measure two steps on the Model page.",
        )
    lengths = [each for each in lengths_of(workspace, recipe) if len(each)]
    with Dataset.open(resolve_dataset(workspace, recipe.dataset), read_only=True) as dataset:
        count = dataset.split_counts().get("train", 0)
    if not lengths or not count:
        raise RunError("There are no rows to train on.", "Name a dataset with --dataset.")
    tokens = lengths[0].tokens
    rows = RowsKnown(
        count=len(tokens),
        cut=lambda limit: int((tokens > limit).sum()),
        mean=lambda limit: float(tokens.clip(max=limit).mean()),
    )
    seconds = run_seconds(speed, recipe, device, count, float(tokens.mean()))
    known = {"longest_tokens": int(tokens.max())}
    return Hurry(seconds, allowed, steps_of(recipe, count)), rows, known


def in_time(
    shape: ModelShape,
    recipe: Recipe,
    device: str,
    free: int,
    found: tuple[Hurry, RowsKnown, dict[str, Any]],
    known: dict[str, Any],
) -> list[WayOut]:
    """Return what makes a run end in time; see :func:`studio.core.sooner.sooner_ways`."""
    hurry, rows, more = found
    return sooner_ways(shape, recipe, device, free, hurry, rows=rows, **(known | more))


def in_words(hurry: Hurry, now: datetime, ways: list[WayOut]) -> str:
    """Return how a run stands to its deadline, in a line."""
    end = now + timedelta(seconds=hurry.seconds)
    line = f"Takes {_round(hurry.seconds)}: started now, it ends {end:%d %b %H:%M}"
    if hurry.seconds <= hurry.allowed:
        return f"{line}, {_round(hurry.allowed - hurry.seconds)} before the time."
    line = f"{line}, {_round(hurry.seconds - hurry.allowed)} too late."
    return line if ways else f"{line} No plan that is known makes it quick enough."


def _round(seconds: float) -> str:
    return duration(60 * round(seconds / 60) or seconds)
