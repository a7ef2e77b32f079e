"""The catalogue on the command line: what can be fetched, and what fits here; without a network."""

from __future__ import annotations

from typing import Any

from studio.cli.output import say, say_json
from studio.core.catalogue import CatalogueModel, catalogue
from studio.core.memory import estimate_memory, verdict
from studio.core.methodchoices import FULL, LORA, QLORA
from studio.core.recipe import Recipe
from studio.core.units import count, file_size
from studio.machine.devices import MachineReading, read_machine

_SIGNS = {"fits": "fits", "tight": "tight", "no": "too big"}


def list_catalogue(*, as_json: bool) -> int:
    """List good open models, smallest first, each with what fits on this computer."""
    reading = read_machine()
    models = [_facts(model, reading) for model in catalogue()]
    if as_json:
        say_json({"models": models})
        return 0
    for facts in models:
        gated = "  gated" if facts["gated"] else ""
        fits = ", ".join(f"{name} {_SIGNS[word]}" for name, word in facts["fits"].items())
        size = file_size(facts["download_bytes"])
        say(f"{facts['id']}  {count(facts['parameters'])}  {size}  {facts['licence']}{gated}")
        say(f"    {facts['template']}, {facts['context']:,} tokens; {fits}")
    return 0


def catalogue_facts(name: str) -> dict[str, Any] | None:
    """Return what is known of a model of the catalogue; None for any other name."""
    for model in catalogue():
        if model.id == name:
            return _facts(model, read_machine())
    return None


def _facts(model: CatalogueModel, reading: MachineReading) -> dict[str, Any]:
    shape, device = model.shape, reading.device
    free, fits = reading.memory(device).free_bytes, {}
    for choice in (QLORA, LORA, FULL):
        recipe = Recipe(**choice.changes(Recipe()))
        estimate = estimate_memory(shape, recipe, device, cpu_bf16=reading.cpu_bf16)
        fits[choice.title] = verdict(estimate, free)
    return {
        "id": model.id,
        "name": model.name,
        "family": shape.family,
        "parameters": model.parameters,
        "layers": shape.layers,
        "hidden": shape.hidden,
        "heads": shape.heads,
        "kv_heads": shape.kv_heads,
        "vocab": shape.vocab,
        "context": shape.context,
        "download_bytes": model.download_bytes,
        "licence": model.licence,
        "gated": model.gated,
        "template": model.template,
        "remark": model.remark,
        "fits": fits,
    }
