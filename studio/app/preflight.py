"""What is checked before a run may start, and what a start would train; no Qt."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from studio.app.findings import GOOD, STOP, WARN, Action, Facts, Finding, Plan
from studio.app.preflightcard import card_findings
from studio.app.preflightguard import guard_findings
from studio.core.batchplan import steps_per_epoch
from studio.core.example import Kind
from studio.core.guardbudget import replay_rows
from studio.core.memory import Estimate, verdict
from studio.core.mix import mix_title
from studio.core.recipe import Recipe
from studio.core.templates import BUILT_INS, DEFAULT
from studio.core.units import file_size, gib
from studio.data.checks.classes import REMARK
from studio.data.checks.found import Fault, Lengths
from studio.data.order import Ids

DISK_MARGIN = 256 * 1000**2
"""Bytes beyond the checkpoints: frozen rows, events, log, and air for the system."""
ROWS_NAMED = 4
"""Row numbers that a finding spells out."""
_OF_SPLITS = frozenset({"no_rows", "no_validation"})
"""Faults of the dataset about splits, which are counted here without it."""


def check(facts: Facts) -> list[Finding]:
    """Return all findings, in the order of the pages that mend them."""
    about_rows = [*_dataset(facts), *_rows(facts), *guard_findings(facts)]
    return [*about_rows, *_model(facts), *_memory(facts), *_machine(facts)]


def may_start(findings: list[Finding]) -> bool:
    """Return whether nothing forbids the start."""
    return all(finding.level != STOP for finding in findings)


def plan(facts: Facts) -> Plan:
    """Return what a start with these facts would train."""
    recipe, splits = facts.recipe, facts.splits or {}
    train = _train_rows(facts)
    lengths = facts.lengths if facts.lengths is not None else Lengths()
    limit = recipe.max_tokens
    share = train / len(lengths) if len(lengths) else 0.0  # held-out rows are rendered too
    learned = train + replay_rows(train, recipe.guard.replay)
    a_pass = steps_per_epoch(_sequences(facts, learned), recipe.micro_batch, recipe.grad_accum)
    steps = (recipe.max_steps or a_pass * recipe.epochs) if train else 0
    passes = steps / a_pass if a_pass else 0.0
    if recipe.mix:
        return _mixed_plan(facts, train, steps, passes)
    return Plan(
        train_rows=train,
        validation_rows=splits.get("validation", 0),
        steps=steps,
        tokens=round(int(lengths.kept(limit).sum()) * share * passes),
        trained_tokens=round(int(lengths.trained_within(limit).sum()) * share * passes),
        longest=int(lengths.tokens.max(initial=0)),
        method=recipe.method_title,
    )


def _sequences(facts: Facts, train: int) -> int:
    """Return the sequences of a pass: fewer than rows if they are packed, which fills them well."""
    recipe, lengths = facts.recipe, facts.lengths
    if not recipe.packing or not lengths:
        return train
    tokens = int(lengths.kept(recipe.max_tokens).sum()) * train / len(lengths)
    return math.ceil(tokens / recipe.max_tokens)


def _train_rows(facts: Facts) -> int:
    """Return the rows of a pass, those of all parts if the recipe has a mix."""
    if facts.recipe.mix:
        return sum(part.rows for part in facts.mix or ())
    return (facts.splits or {}).get("train", 0)


def _mixed_plan(facts: Facts, train: int, steps: int, passes: float) -> Plan:
    """Return the plan of a mix; tokens are those of the parts, unless one is not known."""
    parts = facts.mix or ()
    known = all(part.tokens is not None for part in parts)
    return Plan(
        train_rows=train,
        validation_rows=(facts.splits or {}).get("validation", 0),
        steps=steps,
        tokens=round(sum(part.tokens or 0 for part in parts) * passes) if known else 0,
        trained_tokens=round(sum(part.trained or 0 for part in parts) * passes) if known else 0,
        longest=max((part.longest or 0 for part in parts), default=0) if known else 0,
        method=facts.recipe.method_title,
    )


def disk_needed(estimate: Estimate | None) -> int:
    """Return the bytes a run may write: two checkpoints, the adapter, and a margin."""
    parts = estimate.parts if estimate is not None else {}
    adapter, optimizer = parts.get("adapter", 0), parts.get("optimizer", 0)
    return 2 * (adapter + optimizer) + adapter + DISK_MARGIN


def _dataset(facts: Facts) -> Iterator[Finding]:
    data = Action("Open Data", "page", "Data")
    if facts.splits is None:
        summary, hint = "No dataset is open.", "Import a file, or open the example."
        yield Finding("no_dataset", STOP, summary, hint, data)
        return
    train, held = facts.splits.get("train", 0), facts.splits.get("validation", 0)
    if facts.recipe.mix:
        yield _mix(facts)
    elif not train:
        some = sum(facts.splits.values())
        hint = "All rows are held out." if some else "A run needs rows to learn from."
        yield Finding("no_rows", STOP, f"{facts.dataset} has no rows to train on.", hint, data)
        return
    else:
        yield Finding("rows", GOOD, f"{train:,} rows to train on", facts.dataset)
    yield from _kind(facts)
    if held:
        yield Finding("validation", GOOD, f"{held:,} rows held out to measure with")
    else:
        yield Finding(
            "no_validation",
            WARN,
            "No rows are held out.",
            "Without them nobody sees whether it learns or learns by heart.",
            Action("Hold out a tenth", "split", 0.1),
        )


def _kind(facts: Facts) -> Iterator[Finding]:
    """Say what is learned where that is not what the word training suggests."""
    if facts.kind is Kind.PREFERENCE:
        yield Finding(
            "chosen_only",
            WARN,
            "The chosen answers are learned; the rejected ones are not used.",
            "This version learns answers, not preferences between them.",
            Action("Open Data", "page", "Data"),
        )
    elif facts.kind is Kind.TEXT:
        summary = "Running text: every token is learned"
        yield Finding("running_text", GOOD, summary, "Without questions, and without a template.")


def _mix(facts: Facts) -> Finding:
    data = Action("Open Data", "page", "Data")
    title = mix_title(facts.recipe.mix)
    if facts.mix_problem:
        return Finding("mix", STOP, facts.mix_problem, f"The mix is {title}.", data)
    if facts.mix is None:
        return Finding("mix_pending", WARN, "The mix is being counted.", title)
    train = _train_rows(facts)
    if not train:
        return Finding("mix", STOP, "The mix has no row to train on.", title, data)
    repeats = [f"{part.part.dataset}: {part.repeats}" for part in facts.mix if part.repeats]
    return Finding("mix", GOOD, f"{train:,} rows to train on", " ".join([f"{title}.", *repeats]))


def _rows(facts: Facts) -> Iterator[Finding]:
    if not facts.splits or not facts.splits.get("train") or facts.model is None:
        return
    if facts.row_problem:
        again = Action("Try again", "check")
        yield Finding("rows_unknown", STOP, facts.row_problem, "", again)
        return
    if facts.lengths is None:
        so_far = f"{facts.done:,} of {facts.total:,}" if facts.total else "Starting the renderer"
        yield Finding("rows_pending", WARN, "Rows are being rendered.", f"{so_far}.")
        return
    about_rows = [fault for fault in facts.faults if fault.code not in _OF_SPLITS]
    grave = [fault for fault in about_rows if fault.level != REMARK]
    for fault in grave:
        where = _row_numbers(fault.rows, facts.row_numbers)
        sentence = f"{fault.hint} {where}".strip()
        action = _row_action(facts, fault)
        yield Finding(fault.code, fault.level, fault.summary, sentence, action)
    if not grave:
        longest = int(facts.lengths.tokens.max(initial=0))
        yield Finding(
            "rows_good",
            GOOD,
            "Every row ends where it should",
            f"The longest has {longest:,} tokens.",
        )


def _row_action(facts: Facts, fault: Fault) -> Action:
    """Return the mending of a row finding: a longer limit where that helps, else the rows."""
    limit = facts.recipe.max_tokens
    lengths = facts.lengths if facts.lengths is not None else Lengths()
    needed = int(lengths.tokens.max(initial=0))
    context = facts.model.context if facts.model is not None else 0
    if fault.code in ("answer_cut", "end_cut") and limit < needed <= (context or needed):
        raised = min(-(-needed // 64) * 64, context or needed + 64)
        return Action(f"Raise limit to {raised:,}", "edit", {"max_tokens": raised})
    rows = fault.rows
    label = "Show the row" if len(rows) == 1 else f"Show {len(rows):,} rows"
    return Action(label if len(rows) else "Open Data", "rows", rows.tolist())


def _row_numbers(row_ids: Ids, numbers: Mapping[int, int]) -> str:
    if not len(row_ids):
        return ""
    named = ", ".join(f"{numbers.get(n, n):,}" for n in row_ids[:ROWS_NAMED].tolist())
    more = len(row_ids) - ROWS_NAMED
    rest = f" and {more:,} more" if more > 0 else ""
    return f"{'Row' if len(row_ids) == 1 else 'Rows'} {named}{rest}."


def _model(facts: Facts) -> Iterator[Finding]:
    choose = Action("Choose a model", "page", "Model")
    if facts.recipe_problem:
        change = Action("Change the recipe", "page", "Model")
        yield Finding("recipe", STOP, facts.recipe_problem, facts.recipe_hint, change)
    if facts.model is None:
        yield Finding("no_model", STOP, "No model is chosen.", "The starter fits anywhere.", choose)
    elif not facts.model.has_template and not facts.recipe.template:
        yield Finding(
            "no_template",
            WARN,
            f"{facts.model.name} has no chat template.",
            f"Rows are written as {BUILT_INS[DEFAULT].title.lower()}; an instruct model of the same "
            "family answers better.",
            choose,
        )
    else:
        label = f" · {facts.model.label}" if facts.model.label else ""
        yield Finding("model", GOOD, facts.model.name, f"{facts.recipe.method_title}{label}")


def _memory(facts: Facts) -> Iterator[Finding]:
    if facts.estimate is None or facts.reading is None:
        return
    recipe = facts.recipe
    pool = facts.reading.memory(recipe.device, recipe.card, recipe.gpus)
    free = pool.free_bytes + facts.ours_back
    judged = verdict(facts.estimate, free)
    predicted = f"About {gib(facts.estimate.total_bytes)}; {gib(free)} free."
    if judged == "fits":
        spare = gib(free - facts.estimate.high_bytes)
        yield Finding("memory", GOOD, f"Fits, with {spare} to spare", predicted)
        return
    if judged == "tight":
        summary, level = "Tight: it may run out of memory", WARN
    else:
        missing = gib(facts.estimate.total_bytes - free)
        summary, level = f"Does not fit: {missing} too much", STOP
    yield Finding("memory", level, summary, predicted, _smaller(facts.recipe))


def _smaller(recipe: Recipe) -> Action:
    """Return the step towards less memory that changes the least of what is learned."""
    if recipe.micro_batch > 1:
        half = recipe.micro_batch // 2
        changes = {"micro_batch": half, "grad_accum": recipe.effective_batch // half}
        return Action(f"{half} at a time", "edit", changes)
    if recipe.checkpointing == "off":
        return Action("Recompute activations", "edit", {"checkpointing": "on"})
    if recipe.quantization == "none" and recipe.method not in ("full", "last-n"):
        return Action("Base in 4 bits", "edit", {"quantization": "nf4"})
    return Action("Open Model", "page", "Model")


def _machine(facts: Facts) -> Iterator[Finding]:
    if facts.live:
        summary = f"{facts.live} is training already."
        hint = "One run at a time has the machine; this one is not lost."
        yield Finding("busy", STOP, summary, hint, Action("Show it", "show_live"))
    if facts.reading is not None:
        yield from card_findings(facts.recipe, facts.reading)
    if facts.disk_free is None:
        return
    needed = disk_needed(facts.estimate)
    if facts.disk_free < needed:
        summary = f"The disk is too full: {file_size(needed - facts.disk_free)} are missing."
        hint = f"Two checkpoints and the adapter need {file_size(needed)}."
        yield Finding("disk", STOP, summary, hint, Action("Look again", "check"))
    else:
        summary = f"{file_size(facts.disk_free)} free on the disk"
        yield Finding(
            "disk", GOOD, summary, f"Two checkpoints and the adapter need {file_size(needed)}."
        )
