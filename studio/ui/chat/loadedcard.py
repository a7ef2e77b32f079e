"""What is in memory and answers: names, hashes, number format, memory."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from studio.core.protocol import ChatLoaded
from studio.core.units import device_words, duration, gib
from studio.ui.look.tokens import PADDING
from studio.ui.train.factlist import Fact, FactList
from studio.ui.widgets.card import Card
from studio.ui.widgets.parts import Button, fill

QUANTIZATIONS = {
    "nf4": "4-bit (NF4)",
    "fp4": "4-bit (FP4)",
    "int8": "8-bit",
    "none": "not quantised",
}


class LoadedCard(Card):
    """Facts about the loaded model, and the buttons that load it and give its memory back.

    Attributes:
        load_button: loads what is chosen.
        unload_button: ends the chat engine.
    """

    def __init__(self) -> None:
        super().__init__("What is loaded", " ")
        self._facts = FactList()
        self.load_button = Button("Load now", compact=True)
        self.unload_button = Button("Give the memory back", compact=True)
        acts = fill(QHBoxLayout(), self.load_button, self.unload_button, None, gap=8)
        column = fill(QVBoxLayout(), self._facts, acts, gap=10, edge=(PADDING, 10, PADDING, 12))
        self.body.addLayout(column)

    def show_chosen(self, base: str, adapted: str) -> None:
        """Show what would be loaded."""
        self.remark.setText("nothing yet" if base else "")
        facts: list[Fact] = [("Base", base or "none chosen")]
        if adapted:
            facts.append(("Adapted", adapted))
        self._facts.show_facts(facts)
        self._offer(load=bool(base), unload=False)

    def show_loading(self, base: str, adapted: str) -> None:
        """Show what is being loaded."""
        self.show_chosen(base, adapted)
        self.remark.setText("loading")
        self._offer(load=False, unload=False)

    def show_loaded(self, base: str, adapted: str, loaded: ChatLoaded) -> None:
        """Show the facts of what is in memory."""
        self.remark.setText(f"in {duration(loaded.seconds)}")
        facts: list[Fact] = [("Base", base), ("Base hash", short_hash(loaded.base_hash))]
        if adapted:
            template = "as trained" if loaded.template_same else "not the one of training"
            told = [str(one.get("adapter_hash", "")) for one in loaded.identities]
            hashes = ", ".join(map(short_hash, told or [loaded.adapter_hash]))
            facts += [
                ("Adapted", adapted),
                ("Adapter hash", hashes),
                ("Template", template),
            ]
        if loaded.self_test:
            facts.append(("Self-test", loaded.self_test))
        weights = QUANTIZATIONS.get(loaded.quantization, loaded.quantization)
        facts += [
            ("Weights", weights),
            ("Precision", loaded.precision),
            ("Memory", gib(loaded.memory_bytes) if loaded.memory_bytes else "not known"),
            ("Device", device_words(loaded.device)),
        ]
        self._facts.show_facts(facts)
        self._offer(load=False, unload=True)

    def _offer(self, *, load: bool, unload: bool) -> None:
        self.load_button.setVisible(load)
        self.unload_button.setVisible(unload)


def short_hash(full: str) -> str:
    """Return the first eight digits of a hash in two groups, as "5a3f 91c2"."""
    digits = full.removeprefix("sha256:")[:8]
    return f"{digits[:4]} {digits[4:]}".strip() or "not known"
