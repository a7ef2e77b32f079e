"""A run's rows as they are trained: rendered once, with what is to be said about them."""

from __future__ import annotations

from pathlib import Path

from studio.core.events import Remark, StateChanged
from studio.core.recipe import Recipe
from studio.core.workspace import RunFolder
from studio.engine.emit import EventLog
from studio.engine.render import Renderer
from studio.engine.rowsfile import FrozenRows, freeze_rows, read_frozen


def ready_rows(run: RunFolder, recipe: Recipe, model_folder: Path, log: EventLog) -> FrozenRows:
    """Return the frozen tokens of a run, rendered first if that was not done yet.

    Args:
        run: the run, whose lock this process holds if there is something to render.
        recipe: as it is carried out.
        model_folder: of the base.
        log: told what nobody chose about the rows, or may not expect.

    Raises:
        StudioError: the rows cannot be rendered or read, or none of them trains anything.
    """
    if not run.tokens.is_file():
        log.emit(StateChanged(state="loading", detail="Rendering the rows"))
        renderer = Renderer(model_folder, recipe.template, recipe.system_prompt)
        remarks = freeze_rows(run, renderer, recipe.max_tokens)
        _tell(remarks, renderer.chosen.title, log)
    rows = read_frozen(run.tokens)
    if rows.left_out:
        shown = ", ".join(str(row) for row in rows.left_out[:5])
        log.emit(
            Remark(
                code="rows_left_out",
                summary=f"{len(rows.left_out)} rows have no token to train and were left out.",
                hint=f"Their ids start with {shown}. Write answers, or raise the length.",
            )
        )
    return rows


def _tell(remarks: frozenset[str], template: str, log: EventLog) -> None:
    """Say what nobody chose, or may not expect, about how the rows are learned."""
    if "default_template" in remarks:
        log.emit(
            Remark(
                code="default_template",
                summary="The model has no chat template of its own: rows are written as "
                f"{template.lower()}.",
                hint="Choose another template in the recipe if the model knows one.",
            )
        )
    if "chosen_only" in remarks:
        log.emit(
            Remark(
                code="chosen_only",
                summary="The chosen answers are learned; the rejected ones are not used.",
                hint="This version learns answers, not preferences between them.",
            )
        )
