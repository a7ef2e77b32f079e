"""The parts of a report that show answers, and what it costs to have them."""

from __future__ import annotations

import math

from studio.core.evaluation import BASE
from studio.core.reportblocks import Block, Exchange, Section, Table, Voice, Words
from studio.core.units import file_size, rate, signed
from studio.data.evaluations import JudgedRow
from studio.data.reportfacts import Facts, Measured
from studio.data.reportlook import look_blocks

SAMPLES = 6


def samples_section(facts: Facts) -> Section:
    """Return answers of the base beside those of the run, from its samples or an evaluation."""
    samples, best = facts.history.samples, facts.history.state.best_step
    if len(samples) > 1 and 0 in samples:
        step = best if best in samples and best else max(samples)
        return Section(f"Answers of the base and of step {step:,}", tuple(_sampled(facts, step)))
    for measured in facts.measured[:1]:
        if (ours := measured.column_of(facts.folder.id)) is not None:
            return Section("Answers", tuple(_judged(measured, ours.name)))
    return Section("Answers", ())


def _sampled(facts: Facts, step: int) -> list[Block]:
    first, last = (
        {str(a.get("id")): a for a in facts.history.samples[at].answers if isinstance(a, dict)}
        for at in (0, step)
    )
    made: list[Block] = []
    for name in [name for name in last if name in first][:SAMPLES]:
        voices = [
            Voice("Asked", str(last[name].get("prompt", ""))),
            Voice("Base", str(first[name].get("answer", "")), "base"),
            Voice(f"Step {step:,}", str(last[name].get("answer", "")), "adapted"),
        ]
        if reference := last[name].get("reference"):
            voices.append(Voice("Written", str(reference), "written"))
        made.append(Exchange(name[:1].upper() + name[1:], tuple(voices)))
    return made


def _judged(measured: Measured, name: str) -> list[Block]:
    """Return the rows with the largest gain and those with the least, so that both are seen."""
    by = "token_f1"

    def gain(row: JudgedRow) -> float:
        found = row.scores[name].get(by, 0.0) - row.scores[BASE].get(by, 0.0)
        return found if math.isfinite(found) else 0.0

    rows = [row for row in measured.rows if name in row.answers and BASE in row.answers]
    rows.sort(key=gain, reverse=True)
    half = SAMPLES // 2
    shown = rows if len(rows) <= SAMPLES else [*rows[:half], *rows[-half:]]
    first = "Of the evaluation, the rows where most was gained and those where least was."
    made: list[Block] = [Words(first)] if rows else []
    for row in shown:
        voices = (
            Voice("Asked", row.question),
            Voice("Base", row.answers[BASE], "base"),
            Voice(name, row.answers[name], "adapted"),
            Voice("Written", row.reference, "written"),
        )
        made.append(Exchange(f"Row {row.row:,}, word F1 {signed(gain(row))}", voices))
    return made


def readiness_section(facts: Facts) -> Section:
    """Return what it costs to use: speed beside the base, the size of the branch, the memory."""
    rows: list[tuple[str, ...]] = []
    for measured in facts.measured[:1]:
        speeds = {c.name: c.tokens_per_second for c in measured.results.columns}
        base = speeds.get(BASE, 0.0)
        for name, speed in speeds.items():
            if speed > 0:
                beside = f"{speed / base:.2f} times the base" if base and name != BASE else ""
                rows.append((f"Speed of {name}", f"{rate(speed)} tokens/s", beside))
    if facts.adapter_bytes:
        of = facts.model.size_bytes if facts.model is not None else 0
        beside = f"{100 * facts.adapter_bytes / of:.1f} % of the base's files" if of else ""
        rows.append(("Adapter on the disk", file_size(facts.adapter_bytes), beside))
        if facts.model is not None:
            weights = f"{facts.model.parameters:,} weights, {facts.model.dtype}"
            rows.append(("Base on the disk", file_size(of), weights))
    looked = look_blocks(facts.look)
    if not rows:
        return Section("Readiness", looked)
    table = Table(("", "Measured", "Beside it"), tuple(rows))
    words = (
        "What it costs to use. Speeds are those of the evaluation's batches on its machine, of "
        "answers that were written then, not of known ones."
    )
    return Section("Readiness", (*looked, Words(words), table))
