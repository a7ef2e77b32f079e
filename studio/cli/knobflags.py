"""Flags made from the table of settings, so that recipe, flags and window have one vocabulary."""

from __future__ import annotations

import argparse
from typing import Any

from studio.core.recipe import KNOBS, TYPES


def add_knob_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for each setting of a recipe; one that is not given changes nothing."""
    group = parser.add_argument_group("settings of the recipe")
    for name, knob in KNOBS.items():
        flag, kind = f"--{name.replace('_', '-')}", TYPES[name]
        sentence = knob.sentence.replace("%", "%%")
        shared: dict[str, Any] = {"dest": f"knob_{name}", "default": None, "help": sentence}
        if kind is bool:
            group.add_argument(flag, action=argparse.BooleanOptionalAction, **shared)
        else:
            group.add_argument(flag, type=kind, metavar=kind.__name__.upper(), **shared)


def knob_changes(args: argparse.Namespace) -> dict[str, Any]:
    """Return the settings that were given as flags."""
    return {
        name: value for name in KNOBS if (value := getattr(args, f"knob_{name}", None)) is not None
    }
