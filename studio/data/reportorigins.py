"""The parts of a report that say what a run was made from: rows, settings, versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from studio.core.knobs import Knob
from studio.core.knobtitles import title_of, value_words
from studio.core.recipe import DEFAULTS, KNOBS, TABLES
from studio.core.reportblocks import Block, Section, Table, Words
from studio.core.units import NO_VALUE, device_words
from studio.data.reportfacts import Checked, Facts

_WORDS_ABOUT = frozenset({"title", "model", "dataset"})


def data_section(facts: Facts) -> Section:
    """Return the data card: rows, splits, lengths, what checks found, the hash."""
    origin, blocks = facts.origin, list[Block]()
    rows = origin.get("rows") if isinstance(origin.get("rows"), dict) else {}
    counts = {str(name): n for name, n in (rows or {}).items() if isinstance(n, int)}
    about = [
        ("Dataset", Path(facts.recipe.dataset).stem),
        ("Rows", f"{sum(counts.values()):,}" if counts else NO_VALUE),
        ("Splits", " · ".join(f"{name} {n:,}" for name, n in counts.items() if n) or NO_VALUE),
        ("Tokens learned from", f"{facts.history.trained_tokens:,} over all steps"),
        ("Hash of the rows", str(origin.get("rows_sha256", NO_VALUE))),
    ]
    about += [
        (f"Mixed in: {part.get('dataset')}", f"{part.get('rows_used', 0):,} rows")
        for part in origin.get("mix", [])
        if isinstance(part, dict) and isinstance(part.get("rows_used"), int)
    ]
    blocks.append(Table((), tuple(about)))
    if facts.lengths:
        lengths = tuple(
            (each.name, f"{each.median:,.0f}", f"{each.most:,.0f}", f"{each.longest:,}")
            for each in facts.lengths
        )
        heads = ("Words of", "Median", "95 % are within", "Longest")
        blocks.append(Table(heads, lengths, frozenset((1, 2, 3)), "Lengths"))
    if facts.checked is not None:
        blocks += _checked(facts.checked, facts.recipe.max_tokens)
    return Section("Data", tuple(blocks))


def _checked(checked: Checked, limit: int) -> list[Block]:
    made: list[Block] = []
    if checked.tokens:
        median, most = np.percentile(checked.tokens, [50, 95])
        over = sum(n > limit for n in checked.tokens)
        made.append(
            Words(
                f"As the model reads them, rows have {median:,.0f} tokens in the middle and "
                f"{most:,.0f} or less in 95 %; {over:,} are longer than {limit:,}."
            )
        )
    if not checked.faults:
        made.append(Words("The checks found nothing wrong."))
    else:
        rows = tuple((title, f"{n:,}" if n else "the dataset") for title, n in checked.faults)
        made.append(Table(("Found by checks", "Rows"), rows, frozenset((1,))))
    if checked.changed:
        made.append(
            Words("The dataset was changed since; the checks are of the rows as they are now.")
        )
    return made


def recipe_section(facts: Facts) -> Section:
    """Return the settings: what was changed first, then what is as it comes."""
    body = facts.recipe.to_mapping()
    names = [name for name in (*KNOBS, *TABLES) if name not in _WORDS_ABOUT]
    changed = [name for name in names if name in body and body[name] != _default(name)]
    same = [name for name in names if name not in changed and name in KNOBS]
    blocks: list[Block] = []
    if changed:
        rows = tuple(
            (title_of(name), _value(body[name]), _value(_default(name)), _sentence(name))
            for name in changed
        )
        blocks.append(Table(("Changed", "Value", "Usual", ""), rows))
    else:
        blocks.append(Words("Every setting is as it comes."))
    if plan := facts.history.state.plan:
        later = tuple((title_of(name), _value(value)) for name, value in plan.items())
        blocks.append(Table(("Changed on the way", "Value"), later))
    rest = tuple((title_of(name), _value(body.get(name, _default(name)))) for name in same)
    blocks.append(Table(("As it comes", "Value"), rest))
    return Section("Recipe", tuple(blocks))


def _default(name: str) -> Any:
    return DEFAULTS.get(name) if name in KNOBS else None


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{title_of(str(k)).lower()} {value_words(v)}" for k, v in value.items())
    if isinstance(value, list):
        return "; ".join(map(_value, value))
    return value_words(value)


def _sentence(name: str) -> str:
    knob: Knob | None = KNOBS.get(name)
    return knob.sentence if knob is not None else ""


def origin_section(facts: Facts) -> Section:
    """Return what is needed to make the run again."""
    state, origin = facts.history.state, facts.origin
    model = facts.model
    rows = [
        ("Run", facts.folder.id),
        ("Base", Path(str(origin.get("model") or facts.recipe.model)).name),
        ("Weights of the base", model.label if model is not None and model.label else NO_VALUE),
        ("Licence of the base", model.licence if model is not None and model.licence else NO_VALUE),
        ("Trained on", device_words(state.device) or NO_VALUE),
        ("Numbers", f"{state.precision or NO_VALUE}, base {state.quantization or NO_VALUE}"),
        ("Made", str(origin.get("created", NO_VALUE))),
    ]
    versions = origin.get("versions")
    if isinstance(versions, dict):
        rows += [(str(name), str(version)) for name, version in versions.items()]
    return Section("How to make it again", (Table((), tuple(rows)),))
