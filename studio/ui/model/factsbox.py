"""What is known of one model, as a short table at the foot of the list."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtWidgets import QFrame, QGridLayout, QVBoxLayout, QWidget

from studio.core.hubentry import HubEntry
from studio.core.modelshape import ModelShape
from studio.core.units import count, file_size
from studio.machine.models import ModelInfo, RefusedModel
from studio.ui.look import fonts
from studio.ui.look.fonts import Role
from studio.ui.widgets.parts import Button, Elided, fill, label, plain_tip, prose

LOCAL = ("Architecture", "Context", "Template", "Licence", "Files", "Origin", "Fits here")
REMOTE = ("Architecture", "Context", "Template", "Licence", "Download", "Fits here")
UNKNOWN = "not said"


class FactsBox(QFrame):
    """A title and rows of a name and a value; or why a model is refused."""

    def __init__(self, names: tuple[str, ...] = LOCAL) -> None:
        super().__init__()
        self.setObjectName("foot")
        self._title = Elided("", Role.SMALL, "text")
        self._title.setFont(fonts.font(Role.SMALL, fonts.BOLD))
        self._refusal = prose("", Role.SMALL, "danger")
        self._hint = prose("", Role.SMALL)
        self._grid = QWidget()
        grid = QGridLayout(self._grid)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setVerticalSpacing(4)
        grid.setHorizontalSpacing(14)
        grid.setColumnStretch(1, 1)
        self._values: dict[str, Elided] = {}
        for at, name in enumerate(names):
            self._values[name] = Elided("", Role.SMALL, "text")
            grid.addWidget(label(name, Role.SMALL, tone="muted"), at, 0)
            grid.addWidget(self._values[name], at, 1)
        self.remove_button = Button("Take off the list", "close", "quiet", compact=True)
        items = (self._title, self._grid, self._refusal, self._hint, self.remove_button)
        fill(QVBoxLayout(self), *items, gap=6, edge=(14, 11, 12, 13))

    def show_model(self, info: ModelInfo | None, refusal: RefusedModel | None = None) -> None:
        """Show the facts of a model on this computer, or the reason why one is refused."""
        self._refusal.setVisible(refusal is not None)
        self.remove_button.setVisible(refusal is not None)
        self._grid.setVisible(info is not None and refusal is None)
        self._hint.setVisible(refusal is not None)
        if refusal is not None:
            self._title.setText(refusal.folder.name)
            self._refusal.setText(refusal.problem.summary)
            self._hint.setText(refusal.problem.hint)
        elif info is not None:
            self._show(info.name, _facts(info))

    def show_fits(self, fits: str, sizes: str) -> None:
        """Show how the model can be trained here, and in the tip what each method would take."""
        self._values["Fits here"].setText(fits or "not known")
        self._values["Fits here"].setToolTip(plain_tip(sizes))
        self._values["Fits here"].setAccessibleDescription(sizes)

    def show_entry(self, entry: HubEntry, fits: str, sizes: str = "") -> None:
        """Show the facts of a model of the Hub.

        Args:
            entry: the model.
            fits: how it can be trained here, in few words.
            sizes: the same with what each method would take.
        """
        self._refusal.hide()
        self.remove_button.hide()
        self._hint.setText(entry.remark)
        self._hint.setVisible(bool(entry.remark))
        self._show(entry.id, _remote_facts(entry))
        self.show_fits(fits, sizes)

    def fact(self, name: str) -> str:
        """Return the value that is shown beside a name."""
        return self._values[name].text()

    def _show(self, title: str, facts: Mapping[str, str]) -> None:
        self._title.setText(title)
        for name, value in facts.items():
            self._values[name].setText(value)


def _facts(info: ModelInfo) -> dict[str, str]:
    return {
        "Architecture": architecture(info.shape),
        "Context": f"{info.context:,} tokens" if info.context else UNKNOWN,
        "Template": info.template_family or "none of its own",
        "Licence": info.licence or UNKNOWN,
        "Files": f"safetensors, {info.dtype}",
        "Origin": info.label or "a folder of yours",
    }


def _remote_facts(entry: HubEntry) -> dict[str, str]:
    shape = entry.shape
    size = f"{file_size(entry.download_bytes)}, " if entry.download_bytes else ""
    numbers = f"{count(entry.parameters)} weights" if entry.parameters else UNKNOWN
    context = shape.context if shape is not None else 0
    return {
        "Architecture": architecture(shape) if shape is not None else UNKNOWN,
        "Context": f"{context:,} tokens" if context else UNKNOWN,
        "Template": entry.template or "none that is known",
        "Licence": (entry.licence or UNKNOWN) + (", gated" if entry.gated else ""),
        "Download": f"{size}{numbers}",
    }


def architecture(shape: ModelShape) -> str:
    """Return layers and heads in a few words."""
    heads = f"{shape.heads}:{shape.kv_heads}"
    grouped = f"GQA {heads}" if shape.kv_heads < shape.heads else f"{shape.heads} heads"
    return f"{shape.layers} layers, {grouped}"
