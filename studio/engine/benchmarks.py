"""Standard benchmarks of lm-eval, answered by each column of an evaluation that is done."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from studio.core.benchmarks import (
    HOW_TO_INSTALL,
    NOT_INSTALLED,
    BenchmarksWanted,
    scores_in,
)
from studio.core.evaluation import EvaluationState
from studio.core.problems import DataError, EngineError
from studio.data.benchmarks import Benchmarks
from studio.data.evaluations import Evaluations
from studio.engine.evaluationcolumns import Resident, read_columns
from studio.engine.evaluationpace import Pace
from studio.engine.modelcontext import context_of
from studio.engine.render import Renderer

_BATCH = {"cpu": 8, "cuda": 32}
_BOOTSTRAP = 1_000
_OWN_CODE = b"!function"


def ask_benchmarks(
    store: Evaluations,
    kept: Benchmarks,
    number: int,
    wanted: BenchmarksWanted,
    pace: Pace,
    stopped: Callable[[], bool],
) -> EvaluationState:
    """Let base and adapters answer benchmarks; each column's scores are kept as they come.

    Columns that only show examples to the base are left out: a benchmark brings its own.

    Raises:
        EngineError: lm-eval is not installed.
        DataError: a benchmark or its data is not there, or it asks to run code.
    """
    if importlib.util.find_spec("lm_eval") is None:
        raise EngineError(NOT_INSTALLED, HOW_TO_INSTALL)
    setup = store.one(number).setup
    columns = [column for column in setup.columns if not column.shots]
    adapters = read_columns(columns)
    pace.say("Looking for the benchmarks")
    pace.begin(len(columns))
    tasks = _Tasks(wanted)
    renderer = Renderer(Path(setup.model))
    pace.say("Loading the model")
    prompt = renderer.prompt_ids([{"role": "user", "content": "Who are you?"}])
    resident = Resident(setup, prompt)
    for column in columns:
        if stopped():
            return EvaluationState.PAUSED
        pace.say(f"Asking {', '.join(wanted.tasks)}", column.name)
        with resident.column(adapters[column.name]) as model:
            context = context_of(Path(setup.model))
            results = tasks.ask(model, renderer.tokenizer, context)
        kept.keep(number, scores_in(results, column.name))
        pace.known(1)
    return EvaluationState.DONE


class _Tasks:
    """The tasks of lm-eval that are wanted.

    Raises:
        DataError: one is not known, or asks to run code of its own.
    """

    def __init__(self, wanted: BenchmarksWanted) -> None:
        from lm_eval.tasks import TaskManager  # an optional extra, and seconds

        own = _own_tasks(wanted.folder)
        # reading the list of all of lm-eval's own tasks takes long, and is not needed for others
        defaults = not all(f"{name}.yaml" in own for name in wanted.tasks)
        self._manager = TaskManager(include_path=wanted.folder or None, include_defaults=defaults)
        self._wanted = wanted
        unknown = [name for name in wanted.tasks if name not in set(self._manager.all_tasks)]
        if unknown:
            raise DataError(
                f"lm-eval knows no benchmark {unknown[0]!r:.80}.",
                "Look at its list with: lm-eval ls tasks",
            )

    def ask(self, model: Any, tokenizer: Any, context: int) -> Any:
        """Return what lm-eval makes of a model's answers."""
        from lm_eval import simple_evaluate
        from lm_eval.models.huggingface import HFLM

        judged = HFLM(
            pretrained=model,
            tokenizer=tokenizer,
            max_length=context,
            batch_size=_BATCH[model.device.type],
        )
        try:
            return simple_evaluate(
                model=judged,
                tasks=list(self._wanted.tasks),
                limit=self._wanted.limit or None,
                bootstrap_iters=_BOOTSTRAP,
                log_samples=False,
                task_manager=self._manager,
            )
        except Exception as err:
            if _is_missing_data(err):
                raise DataError(
                    f"The data of {', '.join(self._wanted.tasks)} is not on this computer, and "
                    "an evaluation uses no network.",
                    "Load it once outside the studio with lm-eval or datasets, or give a folder "
                    "with tasks and their data.",
                    str(err)[:4000],
                ) from err
            raise


def _own_tasks(folder: str) -> set[str]:
    """Return the files of tasks in a folder.

    Raises:
        DataError: one of them asks to run code.
    """
    files = sorted(Path(folder).rglob("*.yaml")) if folder else []
    for file in files:
        if _OWN_CODE in file.read_bytes():
            raise DataError(
                f"{file.name} asks to run code of its own (!function), which is not done here.",
                "Write the task with templates alone, or take the file out of the folder.",
            )
    return {file.name for file in files}


_MISSING: Sequence[str] = (
    "ConnectionError",
    "OfflineModeIsEnabled",
    "DatasetNotFoundError",
    "LocalEntryNotFoundError",
    "FileNotFoundError",
    "DataFilesNotFoundError",
)


def _is_missing_data(err: BaseException) -> bool:
    """Return whether an error, or what it came of, says that data is not there."""
    seen: BaseException | None = err
    while seen is not None:
        if type(seen).__name__ in _MISSING:
            return True
        seen = seen.__cause__ or seen.__context__
    return False
