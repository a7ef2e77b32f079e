"""Commands about models: ``models list|inspect|fetch``, and ``estimate`` of a run's memory."""

from __future__ import annotations

import argparse
from typing import Any

from studio.cli.fetch import add_fetch
from studio.cli.hubcatalogue import catalogue_facts, list_catalogue
from studio.cli.knobflags import add_knob_flags, knob_changes
from studio.cli.output import Commands, add_shared, note, say, say_json, workspace_of
from studio.cli.train import recipe_named
from studio.cli.whichmodel import (
    config_named,
    judged_by,
    shape_or_config,
    trace,
    traced_estimate,
)
from studio.core.memory import PARTS, Estimate, estimate_memory, verdict
from studio.core.problems import ModelError, RecipeError
from studio.core.protocol import MemoryTraced
from studio.core.recipe import Recipe
from studio.core.trained import trainable_parameters
from studio.core.units import count, file_size, gib, parse_size, signed
from studio.machine.devices import MachineReading, read_machine
from studio.machine.models import ModelInfo, inspect_model, look_at_models, resolve_model
from studio.machine.peakhistory import calibration_here

_VERDICTS = {"fits": "Fits", "tight": "Tight", "no": "Does not fit"}


def add_commands(commands: Commands) -> None:
    """Add the parsers of this group."""
    group = commands.add_parser("models", help="list, inspect and fetch models")
    models = group.add_subparsers(dest="models_command", metavar="COMMAND", required=True)
    listing = models.add_parser("list", help="list the models at hand")
    listing.add_argument(
        "--catalogue", action="store_true", help="list good open models that can be fetched"
    )
    add_shared(listing)
    listing.set_defaults(run=_list)
    inspect = models.add_parser("inspect", help="judge a model's folder and say what it holds")
    inspect.add_argument("model", help="a model's name or folder, or owner/name in the catalogue")
    add_shared(inspect)
    inspect.set_defaults(run=_inspect)
    add_fetch(models)
    _add_estimate(commands)


def _add_estimate(commands: Commands) -> None:
    parser = commands.add_parser("estimate", help="predict the memory that a run needs")
    parser.add_argument("recipe", nargs="?", help="a recipe's TOML file; flags change it")
    parser.add_argument("--memory", metavar="SIZE", help="free memory, such as 12GiB")
    parser.add_argument("--trace", action="store_true", help="have it judged by a trace, seconds")
    add_shared(parser)
    add_knob_flags(parser)
    parser.set_defaults(run=_estimate)


def _list(args: argparse.Namespace) -> int:
    if args.catalogue:
        return list_catalogue(as_json=args.json)
    good, refused = look_at_models(workspace_of(args))
    if args.json:
        bad = [
            {"path": str(one.folder), "summary": one.problem.summary, "hint": one.problem.hint}
            for one in refused
        ]
        say_json({"models": [_facts(info) for info in good], "refused": bad})
        return 0
    for info in good:
        label = f"  {info.label}" if info.label else ""
        say(f"{info.name}  {count(info.parameters)}  {file_size(info.size_bytes)}{label}")
    for one in refused:
        note(f"{one.folder}: {one.problem.summary} {one.problem.hint}")
    if not good:
        note("No model is here yet. Fetch one with graft-studio models fetch starter.")
    return 0


def _inspect(args: argparse.Namespace) -> int:
    if (facts := catalogue_facts(args.model)) is None:
        facts = _facts(inspect_model(resolve_model(workspace_of(args), args.model)))
    if args.json:
        say_json(facts)
        return 0
    for name, value in facts.items():
        say(f"{name.replace('_', ' '):16} {value}")
    return 0


def _facts(info: ModelInfo) -> dict[str, Any]:
    shape = info.shape
    return {
        "name": info.name,
        "path": str(info.folder),
        "family": shape.family,
        "parameters": info.parameters,
        "layers": shape.layers,
        "hidden": shape.hidden,
        "heads": shape.heads,
        "kv_heads": shape.kv_heads,
        "vocab": shape.vocab,
        "context": info.context,
        "dtype": info.dtype,
        "size_bytes": info.size_bytes,
        "licence": info.licence,
        "template": info.template_family,
        "label": info.label,
    }


def _estimate(args: argparse.Namespace) -> int:
    recipe, reading = recipe_of(args), read_machine()
    device, free = room_of(args, recipe, reading)
    shape, config = shape_or_config(workspace_of(args), recipe.model)
    traced: MemoryTraced | None = None
    if shape is None or args.trace:
        config = config or config_named(workspace_of(args), recipe.model)
        traced = trace(config, recipe, device, cpu_bf16=reading.cpu_bf16)
    if shape is None:
        assert traced is not None
        estimate = traced_estimate(traced, recipe, device, reading.cpu_bf16)
        trained = traced.trained
        note(f"{config['model_type']!r:.60} cannot be trained here; the figures are a trace's.")
    else:
        estimate = estimate_memory(
            shape,
            recipe,
            device,
            calibration=calibration_here(device, recipe.quantization),
            cpu_bf16=reading.cpu_bf16,
        )
        trained = trainable_parameters(shape, recipe)
        if config:
            note(f"{config['model_type']!r:.60} cannot be trained here, only estimated.")
    word = verdict(estimate, free)
    judged = judged_by(traced, estimate, recipe) if traced is not None and shape else {}
    if args.json:
        facts = {"device": device, "trainable": trained, "by_trace": shape is None}
        say_json(_document(estimate, free, word) | facts | judged)
    else:
        _say_estimate(estimate, free, word)
        if judged:
            more = signed(100 * judged["traced_difference"], 1)
            say(f"A trace of the model comes to {gib(judged['traced_bytes'], 2)}: {more} %")
    return 0


def room_of(args: argparse.Namespace, recipe: Recipe, reading: MachineReading) -> tuple[str, int]:
    """Return where a recipe trains, cuda or cpu, and the bytes it may take there.

    Raises:
        RecipeError: ``--memory`` is not a size.
    """
    device = recipe.device if recipe.device != "auto" else reading.device
    if args.memory:
        return device, _memory(args.memory)
    if device == "cuda" and reading.gpu is None:
        note(f"{reading.note} Name a card's memory with --memory 12GiB.")
        return device, 0
    return device, reading.memory(device, recipe.card, recipe.gpus).free_bytes


def recipe_of(args: argparse.Namespace) -> Recipe:
    """Return the recipe of a file or run with the flags' changes, or that of the flags alone.

    Raises:
        StudioError: no model is named, the file cannot be read, or a value cannot be.
    """
    if args.recipe:
        return recipe_named(workspace_of(args), args.recipe, knob_changes(args))
    recipe = Recipe.from_mapping(knob_changes(args))
    if not recipe.model:
        raise ModelError("No model is named.", "Name one with --model, or a recipe's file.")
    return recipe


def _memory(text: str) -> int:
    try:
        return parse_size(text)
    except ValueError as err:
        raise RecipeError({"memory": str(err)}) from err


def _document(estimate: Estimate, free: int, word: str) -> dict[str, Any]:
    return {
        "total_bytes": estimate.total_bytes,
        "low_bytes": estimate.low_bytes,
        "high_bytes": estimate.high_bytes,
        "correction_bytes": estimate.correction_bytes,
        "free_bytes": free,
        "verdict": word,
        "parts": dict(estimate.parts),
    }


def _say_estimate(estimate: Estimate, free: int, word: str) -> None:
    low, high = gib(estimate.low_bytes), gib(estimate.high_bytes)
    say(f"{_VERDICTS[word]}: {gib(estimate.total_bytes)} ({low} to {high}) of {gib(free)} free")
    for name in PARTS:
        size = gib(estimate.parts[name], 2)
        say(f"  {name.replace('_', ' '):18} {size:>10}  {estimate.formulas[name]}")
