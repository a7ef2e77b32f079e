"""The command ``fit``: what to change in a recipe so that it fits into a memory."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Any

from studio.cli.deadline import hurry_of, in_time, in_words, seconds_until
from studio.cli.knobflags import add_knob_flags
from studio.cli.models import recipe_of, room_of
from studio.cli.output import Commands, add_shared, say, say_json, workspace_of
from studio.cli.whichmodel import shape_named
from studio.core.memory import Estimate, estimate_memory, verdict
from studio.core.problems import RecipeError
from studio.core.units import gib, signed
from studio.core.waysout import WayOut, ways_out
from studio.data.recipefile import write_recipe
from studio.machine.devices import read_machine
from studio.machine.peakhistory import calibration_here


def add_commands(commands: Commands) -> None:
    """Add the parser of this command."""
    parser = commands.add_parser("fit", help="find what makes a run fit into a memory")
    parser.add_argument("recipe", nargs="?", help="a recipe's TOML file; flags change it")
    parser.add_argument("--memory", metavar="SIZE", help="memory to fit into, such as 12GiB")
    parser.add_argument("--before", metavar="TIME", help="find what ends by a time, such as 08:00")
    parser.add_argument("--save", metavar="FILE", help="write the recipe with a way applied")
    parser.add_argument(
        "--way", type=int, default=1, metavar="NUMBER", help="which way to save; 1 costs least"
    )
    add_shared(parser)
    add_knob_flags(parser)
    parser.set_defaults(run=_fit)


def _fit(args: argparse.Namespace) -> int:
    recipe = recipe_of(args)
    shape = shape_named(workspace_of(args), recipe.model)
    reading = read_machine()
    device, free = room_of(args, recipe, reading)
    known: dict[str, Any] = {"cpu_bf16": reading.cpu_bf16}
    known["calibration"] = calibration_here(device, recipe.quantization)
    estimate = estimate_memory(shape, recipe, device, **known)
    now, found = datetime.now(), None
    if args.before:
        allowed = seconds_until(args.before, now)
        found = hurry_of(workspace_of(args), recipe, device, allowed)
        ways = in_time(shape, recipe, device, free, found, known)
    else:
        ways = ways_out(shape, recipe, device, free, **known)
    if args.json:
        time = {"seconds": found[0].seconds, "allowed_seconds": found[0].allowed} if found else {}
        say_json(_document(estimate, free, ways) | {"device": device} | time)
    elif found:
        say(in_words(found[0], now, ways))
        _say_ways(ways)
    else:
        _say(estimate, free, ways)
    if args.save:
        write_recipe(recipe.replace(**_chosen(args.way, ways)), Path(args.save).expanduser())
    return 0


def _chosen(number: int, ways: list[WayOut]) -> dict[str, Any]:
    """Return the changes of a way; none where the recipe fits as it is.

    Raises:
        RecipeError: there is no such way, or it does not fit.
    """
    if not ways and number == 1:
        return {}
    if not 1 <= number <= len(ways):
        raise RecipeError({"way": f"is {number}, not from 1 to {max(len(ways), 1)}"})
    if not ways[number - 1].fits:
        raise RecipeError({"way": "does not fit either, so nothing was saved"})
    return dict(ways[number - 1].changes)


def _document(estimate: Estimate, free: int, ways: list[WayOut]) -> dict[str, Any]:
    return {
        "total_bytes": estimate.total_bytes,
        "free_bytes": free,
        "verdict": verdict(estimate, free),
        "ways": [
            {
                "title": way.title,
                "detail": way.detail,
                "changes": dict(way.changes),
                "cost": way.cost,
                "loses": way.loses,
                "fits": way.fits,
                "total_bytes": way.estimate.total_bytes,
                "time_ratio": round(1 + way.longer, 3),
            }
            for way in ways
        ],
    }


def _say(estimate: Estimate, free: int, ways: list[WayOut]) -> None:
    total = gib(estimate.total_bytes)
    match verdict(estimate, free):
        case "fits":
            say(f"Fits as it is: {total} of {gib(free)}.")
        case "tight":
            say(f"Tight: {total} of {gib(free)}.")
        case _:
            say(f"Does not fit: {total}, and {gib(free)} are free.")
            if not any(way.fits for way in ways):
                say("No plan that is known makes it fit." + (" The smallest:" if ways else ""))
    _say_ways(ways)


def _say_ways(ways: list[WayOut]) -> None:
    for number, way in enumerate(ways, 1):
        say(f"{number}  {way.title}: {gib(way.estimate.total_bytes)}")
        say(f"   {way.detail}")
        say(f"   {way.cost}; about {signed(100 * way.longer, 0)} % time")
