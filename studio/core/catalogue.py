"""Open models worth starting from, known by their dimensions before anything is downloaded."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Any

from studio.core.modelshape import ModelShape, shape_from_config
from studio.core.resources import resource

BYTES_PER_WEIGHT = 2
"""All of them are published in 16 bits."""


@dataclass(frozen=True, slots=True)
class CatalogueModel:
    """A model on the Hugging Face Hub.

    Attributes:
        id: owner/name on the Hub.
        shape: its dimensions; the estimate needs no download.
        parameters: weights in all, as its files' headers count them.
        licence: as its page names it.
        gated: its owner asks for one's consent on its page before a download.
        template: family of its chat template, such as "ChatML".
        remark: one sentence for whom it is.
    """

    id: str
    shape: ModelShape
    parameters: int
    licence: str
    gated: bool
    template: str
    remark: str

    @property
    def name(self) -> str:
        """The name without its owner."""
        return self.id.rpartition("/")[2]

    @property
    def download_bytes(self) -> int:
        """Size of the download, roughly."""
        return self.parameters * BYTES_PER_WEIGHT


@cache
def catalogue() -> tuple[CatalogueModel, ...]:
    """Return the models of the catalogue, smallest first."""
    listed = tomllib.loads(resource("models", "catalogue.toml").read_text(encoding="utf-8"))
    return tuple(_model(entry) for entry in listed["models"])


def _model(entry: dict[str, Any]) -> CatalogueModel:
    return CatalogueModel(
        id=entry["id"],
        shape=shape_from_config(entry["config"]),
        parameters=entry["parameters"],
        licence=entry["licence"],
        gated=entry["gated"],
        template=entry["template"],
        remark=entry["remark"],
    )
