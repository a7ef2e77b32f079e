"""Writes the model card of an adapter: README.md as the Hub and PEFT read it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from studio import __version__
from studio.core.problems import RunError
from studio.core.reportblocks import Section
from studio.core.reportmarkdown import blocks_text
from studio.core.reporttext import in_markdown, one_line
from studio.core.workspace import Workspace
from studio.data.report import write_text
from studio.data.reportfacts import Facts, facts_of
from studio.data.reportorigins import data_section, recipe_section
from studio.data.reportresults import scores_sections, summary_section
from studio.data.reportvotes import votes_section
from studio.machine.modelgate import read_json
from studio.machine.models import MANIFEST, STARTER

CARD = "README.md"
MARK = "<!-- Written by Graft Studio"
"""How a card of ours begins below its front matter; another one is not written over."""
_LICENCES = re.compile(r"[a-z0-9][a-z0-9.+-]{1,60}")
_USE = """```python
from peft import PeftModel
from transformers import AutoModelForCausalLM, AutoTokenizer

base = AutoModelForCausalLM.from_pretrained({base})
tokenizer = AutoTokenizer.from_pretrained({base})
model = PeftModel.from_pretrained(base, "path/to/this/folder")
```"""
_FROM_HUB = re.compile(r"Official weights of ([\w.-]{1,96}/[\w.-]{1,96}) ")
STARTER_HUB = "HuggingFaceTB/SmolLM2-135M-Instruct"
"""Where the starter's weights are official, however they were fetched."""
_METHODS = {"lora": "lora", "dora": "dora", "ia3": "ia3", "prompt": "prompt-tuning"}


def write_card(workspace: Workspace, run: str) -> Path:
    """Write the model card of a run's adapter; one that is not ours is left as it is.

    Raises:
        StudioError: there is no such run, or its folder cannot be written to.
        RunError: it has no adapter, or its folder has somebody else's card.
    """
    facts = facts_of(workspace, run)
    folder = facts.folder.adapter
    if not (folder / "adapter_config.json").is_file():
        raise RunError(f"The run {run} has no adapter yet.", "Look at it with runs show.")
    place = folder / CARD
    if place.exists() and not _is_ours(place):
        raise RunError(
            f"The adapter's folder has a {CARD} that was written by somebody else.",
            f"Rename {place}, and a card is written.",
        )
    write_text(place, card_text(facts))
    return place


def card_text(facts: Facts) -> str:
    """Return the model card of a run: front matter, what it is, what came of it, how it was made."""
    title = in_markdown(one_line(facts.title))
    parts = [
        _front_matter(facts),
        f"{MARK} {__version__}; writing it again replaces it. -->",
        f"# {title}",
        f"{in_markdown(_what(facts))}",
        "## Use",
        _USE.format(base=json.dumps(one_line(base_model(facts)), ensure_ascii=False)),
        "The base is loaded as it was trained on: see the recipe for how it was stored. Ask it with "
        "the base's own chat template.",
    ]
    data, recipe = data_section(facts), recipe_section(facts)
    told = [
        Section("What came of it", summary_section(facts).blocks),
        *scores_sections(facts),
        votes_section(facts),
        Section("What it was trained on", data.blocks),
        Section("How it was trained", recipe.blocks[:-1]),
    ]
    for section in told:
        if section.blocks:
            parts += [f"## {in_markdown(one_line(section.title))}", blocks_text(section.blocks)]
    return "\n\n".join(parts) + "\n"


def base_model(facts: Facts) -> str:
    """Return the base's name on the Hub where it is known; else its name here."""
    name = Path(str(facts.origin.get("model") or facts.recipe.model)).name
    body = read_json(facts.model.folder / MANIFEST) if facts.model is not None else None
    source = str(body.get("source", "")) if isinstance(body, dict) else ""
    if found := _FROM_HUB.match(source):
        return found[1]
    return STARTER_HUB if name == STARTER else name


def _what(facts: Facts) -> str:
    dataset = Path(facts.recipe.dataset).stem
    return f"A {facts.recipe.method_title} adapter for {base_model(facts)}, trained on {dataset}."


def _front_matter(facts: Facts) -> str:
    """Return the YAML block; every text is a JSON string, which YAML reads as it is."""
    base, dataset = base_model(facts), Path(facts.recipe.dataset).stem
    licence = facts.model.licence.lower() if facts.model is not None else ""
    tags = [
        _METHODS.get(facts.recipe.method, facts.recipe.method),
        *(["qlora"] if facts.recipe.method_title.lower().startswith("qlora") else []),
        "transformers",
        "graft-studio",
        f"base_model:adapter:{base}",
    ]
    lines = [
        "---",
        f"base_model: {_yaml(base)}",
        "library_name: peft",
        "pipeline_tag: text-generation",
        f"license: {_yaml(licence) if _LICENCES.fullmatch(licence) else 'other'}",
        "datasets:",
        f"- {_yaml(dataset)}",
        "tags:",
        *(f"- {_yaml(tag)}" for tag in tags),
        "---",
    ]
    return "\n".join(lines)


def _yaml(text: str) -> str:
    return json.dumps(one_line(text))


def _is_ours(place: Path) -> bool:
    try:
        return MARK in place.read_text(encoding="utf-8", errors="replace")[:4_000]
    except OSError:
        return False
