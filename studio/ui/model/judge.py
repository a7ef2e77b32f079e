"""What the Model page says of models, methods and recipes: verdicts, and sentences about them."""

from __future__ import annotations

from datetime import datetime

from studio.app.outlook import NOT_MEASURED, Outlook
from studio.app.preflight import disk_needed
from studio.app.secondopinion import Opinion
from studio.app.studio import Studio
from studio.core.capabilities import check_capabilities
from studio.core.memory import compute_precision, verdict
from studio.core.methodchoices import OBJECTIVES, MethodChoice, choice_of
from studio.core.modelshape import ModelShape
from studio.core.problems import RecipeError
from studio.core.recipe import Recipe
from studio.core.sooner import Hurry
from studio.core.targets import targeted
from studio.core.trained import WHOLE_METHODS, branched_layers, trainable_parameters
from studio.core.units import count, file_size, gib
from studio.machine.models import ModelInfo
from studio.ui.model.cardstrip import state_words
from studio.ui.model.planview import Prospect
from studio.ui.model.soonerbox import Deadline, deadline_words
from studio.ui.model.waysoutlist import Fit


class Judge:
    """Reads the studio and changes nothing; the page owns it."""

    def __init__(self, studio: Studio, outlook: Outlook) -> None:
        self._studio, self._outlook = studio, outlook

    def prospect(self, info: ModelInfo, recipe: Recipe) -> Prospect:
        """Return a recipe's prediction beside what is free.

        Raises:
            RecipeError: the recipe names what cannot be trained.
        """
        device = self._outlook.device(recipe)
        return Prospect(
            estimate=self._outlook.estimate(info.shape, recipe),
            memory=self._outlook.memory(recipe),
            quantization=recipe.quantization,
            number=compute_precision(recipe, device, cpu_bf16=self._outlook.cpu_bf16),
            device=device,
            ours_back=self._outlook.ours_back(recipe),
        )

    def method(self, info: ModelInfo, choice: MethodChoice) -> tuple[int, str]:
        """Return what a method would take (bytes) and its verdict; "" before a reading.

        Both are empty where the recipe's other settings are not for this model.
        """
        recipe = self._studio.draft.recipe
        if choice_of(recipe) != choice:
            recipe = recipe.replace(**choice.changes(recipe))
        try:
            estimate = self._outlook.estimate(info.shape, recipe)
        except RecipeError:
            return 0, ""
        memory = self._outlook.memory(recipe)
        if memory is None:
            return estimate.total_bytes, ""
        free = memory.free_bytes + self._outlook.ours_back(recipe)
        return estimate.total_bytes, verdict(estimate, free)

    def reason(self, prospect: Prospect, recipe: Recipe) -> str:
        """Return a sentence or two below the verdict: which memory, and what it comes from."""
        reading = self._studio.machine.reading
        if prospect.memory is None or reading is None:
            return "The memory of this computer is being read."
        on_cpu, estimate = prospect.device == "cpu", prospect.estimate
        where = self._where(prospect, recipe)
        if on_cpu:
            where = reading.note or "This run is set to the processor: memory is RAM."
        if prospect.verdict == "tight":
            over = gib(estimate.high_bytes - prospect.free_bytes, 2)
            return f"{where} The high end of the prediction is {over} too much."
        if prospect.verdict == "no":
            passing = sum(estimate.parts[name] for name in ("activations", "layer", "head"))
            rows = f"{recipe.micro_batch:,} {'rows' if recipe.micro_batch > 1 else 'row'}"
            step = f"{rows} of {recipe.max_tokens:,} tokens at once need {gib(passing)}"
            return f"{where if on_cpu else ''} {step} while a step runs.".strip()
        return f"{where} {self._outlook.record(recipe)}".strip()

    def _where(self, prospect: Prospect, recipe: Recipe) -> str:
        """Say which memory is meant, and how its card does where that is not shown elsewhere."""
        reading = self._studio.machine.reading
        gpus = reading.shared(recipe.card, recipe.gpus) if reading is not None else ()
        name = prospect.memory.name if prospect.memory is not None else ""
        if recipe.gpus > 1:
            each = "all of the model" if recipe.sharding == "ddp" else "a part of it"
            return (
                f"Predicted peak of each of {recipe.gpus} cards, which hold {each}; {name} counts."
            )
        state = state_words(gpus[0]) if gpus and reading and len(reading.gpus) == 1 else ""
        where = f"Predicted peak on {name}{f', now at {state}' if state else ''}."
        return f"{where} {reading.note}" if reading is not None and reading.note else where

    def reasons(self, prospect: Prospect, recipe: Recipe) -> str:
        """Return the sentences below the verdict: those on memory, and what cannot be trained."""
        objective = next(one for one in OBJECTIVES if one.value == recipe.objective)
        back = prospect.ours_back
        given = f"The chat gives back {gib(back)} when the run starts." if back else ""
        not_yet = (choice_of(recipe).not_yet, objective.not_yet)
        words = (
            self.reason(prospect, recipe),
            self._outlook.assumed(recipe),
            self._outlook.usual(recipe, prospect.estimate),
            given,
            *(not_yet if any(not_yet) else [self.not_yet(recipe)]),
        )
        return " ".join(sentence for sentence in words if sentence)

    def not_yet(self, recipe: Recipe) -> str:
        """Return why this version cannot train a recipe, as a sentence; empty if it can."""
        try:
            check_capabilities(recipe)
        except RecipeError as problem:
            return f"{problem.summary} {problem.hint}".strip()
        return ""

    def fit(self, info: ModelInfo, recipe: Recipe, prospect: Prospect, budget: int | None) -> Fit:
        """Return what makes a recipe fit into a budget in bytes; None means what is free.

        Raises:
            RecipeError: the recipe names what cannot be trained.
        """
        room = prospect.free_bytes if budget is None else budget
        ways = self._outlook.ways_out(info.shape, recipe, room)
        spare = room - prospect.estimate.total_bytes
        words = ""
        if verdict(prospect.estimate, room) == "fits":
            words = f"Fits into {gib(room)} as it is, with {gib(spare)} to spare."
        elif not ways:
            words = f"No plan that is known takes less than {gib(room)} for certain."
        elif not ways[0].fits:
            words = f"No plan that is known fits into {gib(room)}. This is the smallest."
        return Fit(ways, room, budget is not None, self._outlook.seconds(recipe), words)

    def deadline(
        self, info: ModelInfo, recipe: Recipe, prospect: Prospect, now: datetime, allowed: float
    ) -> Deadline:
        """Return how a run stands to the time it may take (seconds), and plans that keep it.

        Raises:
            RecipeError: the recipe names what cannot be trained.
        """
        outlook = self._outlook
        seconds, steps = outlook.seconds(recipe), outlook.steps(recipe)
        if seconds is None or not steps:
            why = outlook.why_no_time(recipe) or "no rows to train on"
            way = " Measure, below, finds it out." if why == NOT_MEASURED else ""
            return Deadline((), None, f"How long the run takes is not known: {why}.{way}")
        hurry = Hurry(seconds, allowed, steps)
        ways = outlook.sooner_ways(info.shape, recipe, prospect.free_bytes, hurry)
        return Deadline(ways, seconds, deadline_words(seconds, allowed, now, helped=bool(ways)))

    def disk(self, recipe: Recipe, prospect: Prospect) -> tuple[str, str, str]:
        """Return what a run takes on the disk: value, unit, and what is free there."""
        size = disk_needed(prospect.estimate)
        if recipe.method in WHOLE_METHODS:  # what is trained is a part of the weights there
            size += 3 * prospect.estimate.parts["weights_other"]
        value, unit = file_size(size).split()
        reading = self._studio.machine.reading
        free = reading.disk_free if reading is not None else 0
        return value, unit, f"of {file_size(free)} free" if free else ""

    def targets(self, info: ModelInfo, recipe: Recipe, targets: str, blocks: str) -> str:
        """Return what other targets come to: layers, parameters and memory.

        Raises:
            RecipeError: a target is no layer, or a block none, of this model.
        """
        other = recipe.replace(targets=targets, blocks=blocks)
        layers = branched_layers(info.shape, other) * len(targeted(info.shape, targets))
        peak = gib(self._outlook.estimate(info.shape, other).total_bytes, 2)
        return f"{layers:,} layers, {trained_words(info.shape, other)}. Predicted peak {peak}."

    def opinion(self, info: ModelInfo, recipe: Recipe, prospect: Prospect) -> Opinion | None:
        """Return what a trace of the model says of a prediction; None while it is not known."""
        return self._outlook.consider(info, recipe, prospect.estimate)

    @property
    def row_trouble(self) -> str:
        """What to do since the rows could not be measured; empty if nothing went wrong."""
        trouble = self._studio.checks.trouble
        if trouble is None or self._outlook.lengths.rows or self._studio.datasets.current is None:
            return ""
        return trouble.hint or "Measure the rows again, or open another dataset."

    def remark(self, recipe: Recipe) -> str:
        """Return what is known of the rows' lengths, or why nothing is; empty before a look."""
        lengths, limit = self._outlook.lengths, recipe.max_tokens
        if not lengths.rows:
            return self.row_trouble
        if lengths.longest > limit:
            longest = f"The longest of {lengths.rows:,} rows has {lengths.longest:,} tokens"
            return f"{longest} and is cut at {limit:,}."
        return f"All {lengths.rows:,} rows are whole; the longest has {lengths.longest:,} tokens."


def trained_words(shape: ModelShape, recipe: Recipe) -> str:
    """Return how much of a model learns: "41.9 M of 8.03 B parameters (0.52 %)".

    Raises:
        RecipeError: a target is no layer of this model.
    """
    trained = trainable_parameters(shape, recipe)
    share = f"{100 * trained / shape.parameters:.2g}\u00a0%"
    return f"{count(trained)} of {count(shape.parameters)} parameters ({share})"
