"""The errors this program knows how to explain.

StudioError
├─ RecipeError          settings are out of range or do not go together (per-field messages)
├─ DataError            a dataset, a file of rows or a row cannot be used
├─ ModelError           a model folder cannot be used
├─ RunError             a run cannot be started, found or changed
├─ DiskFullError        there is not enough room on the disk
├─ FetchError           something could not be downloaded or its hash is wrong
│  └─ GatedModelError   a model's owner wants its terms accepted first
└─ EngineError          a child process ended badly
"""

from __future__ import annotations

from collections.abc import Mapping


class StudioError(Exception):
    """Base of every error that is shown to the user as a sentence, not a traceback.

    Attributes:
        summary: What happened, and why, in one sentence.
        hint: What the user can do about it; empty when we do not know.
        details: Technical text for *Copy details*; never shown unasked.
    """

    def __init__(self, summary: str, hint: str = "", details: str = "") -> None:
        super().__init__(summary)
        self.summary = summary
        self.hint = hint
        self.details = details


class RecipeError(StudioError):
    """Settings are out of range or do not go together.

    Attributes:
        by_field: Field name to what is wrong with it, so a form can mark the field.
    """

    def __init__(self, by_field: Mapping[str, str], hint: str = "") -> None:
        self.by_field = dict(by_field)
        listing = "; ".join(f"{name} {why}" for name, why in self.by_field.items())
        super().__init__(f"These settings cannot be used: {listing}.", hint)


class DataError(StudioError):
    """A dataset, a file of rows or a row cannot be used."""


class ModelError(StudioError):
    """A model folder cannot be used."""


class RunError(StudioError):
    """A run cannot be started, found or changed."""


class DiskFullError(StudioError):
    """There is not enough room on the disk."""


class FetchError(StudioError):
    """Something could not be downloaded, or what came is not what was asked for."""


class GatedModelError(FetchError):
    """A model's owner wants its terms accepted first, by somebody with a token."""


class EngineError(StudioError):
    """A child process ended badly."""
