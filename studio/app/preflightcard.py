"""What is said of the cards before a start: which trains, and who holds its memory; no Qt."""

from __future__ import annotations

from collections.abc import Iterator

from studio.app.findings import GOOD, STOP, WARN, Action, Finding
from studio.core.recipe import Recipe
from studio.core.units import gib
from studio.machine.cards import Gpu
from studio.machine.devices import MachineReading

HOLDER_MATTERS = 128 * 1024**2
"""Bytes of a card that another process may hold without a word about it."""
HOLDERS_NAMED = 3


def card_findings(recipe: Recipe, reading: MachineReading) -> Iterator[Finding]:
    """Yield what is to say of where a recipe trains on this computer."""
    if recipe.device == "cpu" or not reading.gpus:
        yield _without(recipe, reading)
        return
    cards = reading.shared(recipe.card, recipe.gpus)
    if len(cards) < recipe.gpus:
        yield _missing(recipe, reading)
        return
    if reading.trouble:  # one of several does not answer
        yield Finding("card_lost", WARN, reading.trouble, f"{cards[0].name} trains.")
    for card in cards:
        yield from _held(card)


def _without(recipe: Recipe, reading: MachineReading) -> Finding:
    if recipe.device == "cuda":
        summary = "The recipe asks for an NVIDIA card, and there is none."
        way = Action("Train on the processor", "edit", {"device": "auto"})
        return Finding("no_card", STOP, summary, reading.note, way)
    summary = "This computer has no NVIDIA card: it trains on the processor."
    hint = "Right for the starter model; a large one takes days."
    if reading.gpu is not None:
        summary = f"The recipe leaves {reading.gpu.name} idle: it trains on the processor."
    elif reading.trouble:
        summary, hint = "The NVIDIA card cannot be used: it trains on the processor.", reading.note
    return Finding("cpu", WARN, summary, hint, Action("Choose a model", "page", "Model"))


def _missing(recipe: Recipe, reading: MachineReading) -> Finding:
    here = len(reading.gpus)
    have = "one card" if here == 1 else f"{here} cards"
    if recipe.gpus == 1:
        summary = f"The recipe asks for card {recipe.card}, and this computer has {have}."
    else:
        last = recipe.card + recipe.gpus - 1
        summary = f"The recipe shares cards {recipe.card} to {last}, and this computer has {have}."
    way = Action("Take the first card", "edit", {"card": 0, "gpus": 1})
    return Finding("no_card", STOP, summary, reading.trouble or "Cards count from 0.", way)


def _held(card: Gpu) -> Iterator[Finding]:
    others = [h for h in card.holders if not h.ours and (h.bytes or 0) > HOLDER_MATTERS]
    for holder in others[:HOLDERS_NAMED]:
        summary = f"{holder.name} holds {gib(holder.bytes or 0)} of the card."
        hint = f"Close it (process {holder.pid}) to have the room."
        yield Finding("holder", WARN, summary, hint, Action("Look again", "check"))
    if not others:
        yield Finding("card", GOOD, f"Nobody else holds {card.name}")
