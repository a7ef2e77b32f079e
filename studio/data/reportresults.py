"""The parts of a report that say what came of a run: in short, curves, forgetting, scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from studio.core.curves import smooth
from studio.core.evaluation import BASE, ColumnResult, Gain
from studio.core.guardwords import verdict_words as guard_words
from studio.core.metrics.catalogue import BY_NAME, METRICS
from studio.core.reportbars import Interval, intervals_svg, memory_svg
from studio.core.reportblocks import (
    Block,
    Picture,
    Readings,
    Section,
    Table,
    Words,
)
from studio.core.reportpictures import Curve, Plot, plot_svg
from studio.core.tradeoff import points_of
from studio.core.units import GIB, NO_VALUE, device_words, duration, gib, percent, rate, signed
from studio.core.verdict import (
    BETTER,
    OTHER,
    UNCLEAR,
    WORSE,
    chance_words,
    lost_of,
    plain_number,
    score_words,
    signed_number,
    verdict_of,
    verdict_words,
)
from studio.data.reportclasses import matrix_blocks
from studio.data.reportfacts import Facts, Measured, finite
from studio.data.runfiles import predicted_bytes

_TONES = {BETTER: "good", WORSE: "bad"}
_SAID = {BETTER: "better", WORSE: "worse", UNCLEAR: "may be chance", OTHER: "different"}
_GENERAL = "General answers come from questions that have nothing to do with the rows."


def summary_section(facts: Facts) -> Section:
    """Return what the run comes to, in a sentence and a few numbers."""
    state, evaluations = facts.history.state, facts.history.evaluations
    base, best = evaluations.get(0), finite(state.best_target_loss)
    if base is None or best is None:
        words = "No held-out row was evaluated, so the loss does not say what was learned."
    elif best < base.target_loss:
        words = (
            f"Held-out loss fell by {base.target_loss - best:.2f} nats a token, from "
            f"{base.target_loss:.2f} to {best:.2f} at step {state.best_step:,}."
        )
    else:
        words = f"Held-out loss did not fall: {base.target_loss:.2f} before, {best:.2f} at best."
    blocks: list[Block] = [Words(words, strong=True)]
    guarded = guard_words(
        [evaluations[step] for step in sorted(evaluations)],
        sorted(facts.kept),
        facts.recipe.guard.tolerance,
    )
    blocks += [Words(f"{guarded[:1].upper()}{guarded[1:]}")] if guarded else []
    return Section("In short", (*blocks, Readings(tuple(_readings(facts)))))


def _readings(facts: Facts) -> list[tuple[str, str, str]]:
    state = facts.history.state
    base, best = facts.history.evaluations.get(0), finite(state.best_target_loss)
    made = []
    if base is not None and best is not None:
        change = f"{signed(best - base.target_loss)} nats a token"
        made.append(("Held-out loss", f"{base.target_loss:.2f} → {best:.2f}", change))
    for measured in facts.measured[:1]:
        made += _measured_reading(measured, facts.folder.id)
    speed = facts.history.tokens / state.seconds if state.seconds > 0 else None
    made.append(("Time in steps", duration(state.seconds), f"{rate(speed)} tokens/s"))
    peak, predicted = state.measured_peak_bytes or state.memory_bytes, state.predicted_peak_bytes
    if peak:
        beside = f"predicted {predicted / GIB:.2f}" if predicted else "nothing was predicted"
        made.append(("Peak memory", gib(peak, 2), beside))
    made.append(("Steps", f"{state.step:,} of {state.total_steps:,}", state.state.value))
    if state.trainable_parameters and state.total_parameters:
        share = 100 * state.trainable_parameters / state.total_parameters
        made.append(("Trained weights", f"{state.trainable_parameters:,}", f"{share:.2f} % of all"))
    return made


def _measured_reading(measured: Measured, run: str) -> list[tuple[str, str, str]]:
    results = measured.results
    ours = measured.column_of(run)
    base = next((c for c in results.columns if c.name == BASE), None)
    name = results.main
    if ours is None or base is None or name not in ours.metrics or name not in base.metrics:
        return []
    before, _ = score_words(name, base.metrics[name])
    after, interval = score_words(name, ours.metrics[name])
    return [(BY_NAME[name].title, f"{before} → {after}", f"95 %: {interval}")]


def curves_section(facts: Facts) -> Section:
    """Return the loss curves, and the memory that was predicted and measured."""
    history, blocks = facts.history, list[Block]()
    steps = sorted(history.losses)
    losses = [history.losses[step] for step in steps]
    found = sorted(history.evaluations)
    held = [(float(step), history.evaluations[step].target_loss) for step in found]
    if steps or len(held) > 1:
        smoothed = smooth(losses)
        kept = frozenset(float(step) for step in facts.kept)
        curves = [
            Curve("", "lake", list(zip(map(float, steps), losses, strict=True)), faint=True),
            Curve("training", "lake", list(zip(map(float, steps), smoothed, strict=True))),
            Curve("held out", "leaf", held, "circle", kept),
        ]
        told = (
            "Loss in nats a trained token, by step. Training is smoothed over the pale line; each "
            "circle is an evaluation on held-out rows, filled where its checkpoint is kept."
        )
        base = held[0][1] if found and found[0] == 0 else None
        level = (base, "the base") if base is not None and math.isfinite(base) else None
        by_step = dict(zip(steps, smoothed, strict=True))
        rows = tuple((f"{s:,}", _loss(by_step.get(s)), _loss(loss)) for s, loss in _whole(held))
        table = Table(("Step", "Training, smoothed", "Held out"), rows, frozenset((0, 1, 2)))
        svg = plot_svg(Plot(curves, "step", "nats a token", told, level))
        blocks.append(Picture(svg, told, table))
    return Section("Loss", (*blocks, *_memory(facts)))


def _whole(points: Sequence[tuple[float, float]]) -> list[tuple[int, float]]:
    return [(int(step), value) for step, value in points]


def _loss(value: float | None) -> str:
    return NO_VALUE if finite(value) is None else f"{value:.3f}"


def _memory(facts: Facts) -> list[Block]:
    state, origin = facts.history.state, facts.origin
    measured = state.measured_peak_bytes or state.memory_bytes
    middle = state.predicted_peak_bytes or predicted_bytes(origin, "peak")
    if not measured and not middle:
        return []
    low, high = (predicted_bytes(origin, end) for end in ("low", "high"))
    parts = [f"measured {gib(measured, 2)}"] if measured else []
    if middle:
        ends = f" ({low / GIB:.2f} to {high / GIB:.2f})" if low and high else ""
        parts.append(f"predicted before the start {gib(middle, 2)}{ends}")
    where = "of the graphics card" if state.device.startswith("cuda") else "of the process"
    told = f"Peak memory {where}: {', '.join(parts)}."
    rows = (("Measured", gib(measured, 2) if measured else NO_VALUE), ("Predicted", gib(middle, 2)))
    return [Picture(memory_svg((low, middle, high), measured, told), told, Table((), rows))]


def forgetting_section(facts: Facts) -> Section:
    """Return what the task gained and general answers lost; empty where no guard measured."""
    evaluations = facts.history.evaluations
    points = points_of(evaluations.values(), facts.kept)
    if len(points) < 2 or 0 not in evaluations:
        return Section("Forgetting", ())
    base, tolerance = evaluations[0].target_loss, facts.recipe.guard.tolerance
    kept = frozenset(float(point.step) for point in points if point.kept)
    gained = [(float(p.step), base - p.target) for p in points]
    lost = [(float(p.step), -p.lost) for p in points]
    ranges = [(float(p.step), -p.lost_range[1], -p.lost_range[0]) for p in points if p.lost_range]
    told = (
        "Nats a token against the base, by step: above it is gained, below it is forgotten. "
        f"{_GENERAL} Amber begins at the tolerance of {tolerance:g}."
    )
    curves = [
        Curve("the task", "leaf", gained, "circle", kept),
        Curve("general", "clay", lost, "square", kept, ranges),
    ]
    plot = Plot(curves, "step", "nats a token", told, (0.0, "the base"), -tolerance, signs=True)
    rows = tuple(
        (
            f"{p.step:,}",
            signed(base - p.target, 3),
            signed(-p.lost, 3),
            NO_VALUE if p.accuracy is None else percent(p.accuracy),
            NO_VALUE if p.drift is None else f"{p.drift:.3f}",
        )
        for p in points
    )
    heads = ("Step", "Task", "General", "Questions right", "Drift")
    table = Table(heads, rows, frozenset(range(5)))
    return Section("Forgetting", (Picture(plot_svg(plot), told, table), table))


def scores_sections(facts: Facts) -> list[Section]:
    """Return a section for each evaluation: verdicts, the main score drawn, all scores."""
    return [_scores(measured) for measured in facts.measured]


def _scores(measured: Measured) -> Section:
    results, setup = measured.results, measured.summary.setup
    name = results.main
    blocks: list[Block] = []
    for column in results.columns:
        if name in column.gains:
            words = verdict_words(name, column.gains[name])
            told = f"{column.name} against the base. {words}."
            blocks.append(Words(told, strong=not _is_base(column, measured)))
            chance = "" if _is_base(column, measured) else chance_words(name, column.gains[name])
            blocks += [Words(chance)] if chance else []
            if lost := lost_of(column.gains):
                blocks.append(Words(f"{verdict_words(lost, column.gains[lost])}. {_GENERAL}"))
        if name in column.over_examples:
            words = verdict_words(name, column.over_examples[name])
            blocks.append(Words(f"Against the base that is shown examples. {words}."))
    blocks.append(
        Words(
            f"{results.rows:,} {setup.split} rows of {Path(setup.dataset).stem}, answered by all "
            f"columns ({results.quantization}, {results.precision}, {device_words(results.device)}); intervals "
            "hold 95 %, and differences are taken row by row."
        )
    )
    blocks += [Words(warning) for warning in results.warnings]
    blocks.append(_drawn(measured, name))
    blocks += [_score_table(measured), *_gain_tables(measured), *matrix_blocks(results)]
    return Section(f"Scores on {Path(setup.dataset).stem}, {setup.split}", tuple(blocks))


def _drawn(measured: Measured, name: str) -> Picture:
    rows = []
    for column in measured.results.columns:
        if (score := column.metrics.get(name)) is not None:
            words, _ = score_words(name, score)
            colour = "slate" if _is_base(column, measured) else "leaf"
            rows.append(Interval(column.name, score.value, score.low, score.high, words, colour))
    told = f"{BY_NAME[name].title} with its 95 % interval. {BY_NAME[name].sentence}"
    told_rows = tuple((row.name, row.words) for row in rows)
    return Picture(intervals_svg(rows, told), told, Table(("", BY_NAME[name].title), told_rows))


def _is_base(column: ColumnResult, measured: Measured) -> bool:
    specs = {spec.name: spec for spec in measured.summary.setup.columns}
    return column.name not in specs or not specs[column.name].adapter


def _score_table(measured: Measured) -> Table:
    results = measured.results
    names = [m.name for m in METRICS if m.name in results.columns[0].metrics]
    rows = []
    for name in names:
        cells = [BY_NAME[name].title]
        for column in results.columns:
            score = column.metrics.get(name)
            value, interval = score_words(name, score) if score is not None else (NO_VALUE, "")
            cells.append(f"{value} ({interval})" if interval else value)
        rows.append(tuple(cells))
    return Table(("Metric", *(column.name for column in results.columns)), tuple(rows))


def _gain_tables(measured: Measured) -> list[Table]:
    """Return what each adapter has more than the base, metric by metric."""
    made = []
    for column in measured.results.columns:
        if not column.gains or _is_base(column, measured):
            continue
        names = [m.name for m in METRICS if m.name in column.gains]
        rows = tuple(_gain_row(name, column.gains[name]) for name in names)
        tones = tuple(_TONES.get(verdict_of(name, column.gains[name]), "") for name in names)
        caption = f"{column.name} against the base, on the same rows"
        heads = ("Metric", "Difference", "95 %", "p", "")
        made.append(Table(heads, rows, frozenset((1, 2, 3)), caption, tones))
    return made


def _gain_row(name: str, gain: Gain) -> tuple[str, ...]:
    metric = BY_NAME[name]
    if finite(gain.value) is None:
        return metric.title, NO_VALUE, NO_VALUE, NO_VALUE, "cannot be told"
    low, high = (plain_number(end, metric.decimals) for end in (gain.low, gain.high))
    change = signed_number(gain.value, metric.decimals)
    return metric.title, change, f"{low} to {high}", _chance(gain.p), _SAID[verdict_of(name, gain)]


def _chance(p: float) -> str:
    return "< 0.001" if p < 0.0005 else f"{p:.3f}"
