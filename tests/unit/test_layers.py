"""import-linter proves the static graph; this proves what is really loaded."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "transformers", "peft", "bitsandbytes", "datasets", "accelerate", "trl")
QT = ("PySide6", "pyqtgraph")


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("studio.core.recipe", (*QT, "numpy", "orjson", *HEAVY)),
        ("studio.core.events", (*QT, "numpy", "orjson", *HEAVY)),
        ("studio.cli", (*QT, *HEAVY)),
        ("studio.machine.enginecommand", (*QT, *HEAVY)),
        ("studio.ui.start", HEAVY),
    ],
)
def test_importing_a_layer_does_not_drag_in_another(module: str, forbidden: tuple[str, ...]):
    code = f"import sys, {module}; print([m for m in {forbidden!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
