"""A model of the Hub as the picker shows it: from the catalogue, or found by a search."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from studio.core.catalogue import CatalogueModel
from studio.core.modelshape import ModelShape, shape_from_config
from studio.core.problems import ModelError

LONGEST = 80
"""Characters kept of words that others wrote."""


@dataclass(frozen=True, slots=True)
class HubEntry:
    """What is known of a model before it is downloaded.

    Attributes:
        id: owner/name on the Hub.
        shape: its dimensions; None if they are not known.
        parameters: weights in all; 0 if nobody says.
        download_bytes: roughly; 0 if nobody says.
        licence: as its page names it; may be empty.
        gated: its owner wants its terms accepted first.
        template: family of its chat template; empty if it has none, or nobody says.
        remark: one sentence for whom it is, or why it cannot be trained here.
    """

    id: str
    shape: ModelShape | None
    parameters: int
    download_bytes: int
    licence: str = ""
    gated: bool = False
    template: str = ""
    remark: str = ""

    @property
    def name(self) -> str:
        """The name without its owner."""
        return self.id.rpartition("/")[2]

    @property
    def owner(self) -> str:
        """Whose model it is."""
        return self.id.rpartition("/")[0]


def entry_of(model: CatalogueModel) -> HubEntry:
    """Return a model of the catalogue."""
    return HubEntry(
        id=model.id,
        shape=model.shape,
        parameters=model.parameters,
        download_bytes=model.download_bytes,
        licence=model.licence,
        gated=model.gated,
        template=model.template,
        remark=model.remark,
    )


def entry_found(found: Mapping[str, Any]) -> HubEntry:
    """Return a model as a search tells of it; nothing in it is trusted.

    Raises:
        ValueError: it has no name of the form owner/name.
    """
    name = found.get("id")
    if not isinstance(name, str) or name.count("/") != 1 or len(name) > 2 * LONGEST:
        raise ValueError("a model without a name")
    shape, remark = None, ""
    config = found.get("config")
    if isinstance(config, dict) and config:
        try:
            shape = shape_from_config(config)
        except ModelError as problem:
            remark = problem.summary
    return HubEntry(
        id=name,
        shape=shape,
        parameters=_whole(found.get("parameters")),
        download_bytes=_whole(found.get("bytes")),
        licence=_words(found.get("licence")),
        gated=bool(found.get("gated")),
        template=_words(found.get("template")),
        remark=remark,
    )


def _whole(value: Any) -> int:
    return value if isinstance(value, int) and 0 < value < 1 << 62 else 0


def _words(value: Any) -> str:
    return " ".join(value.split())[:LONGEST] if isinstance(value, str) else ""
