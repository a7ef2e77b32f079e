"""Entry of every engine process: ``python -m studio.engine PART ...``.

Parts: ``train RUN`` · ``render`` · ``chat`` · ``trace`` · ``measure`` ·
``fetch starter --into DIR`` · ``doctor`` ·
``import`` · ``convert rows|parquet FILE --into FILE`` · ``hubdata look|take ID`` · ``hubsearch WORDS`` ·
``exchange export|convert DATASET --into FILE`` · ``evaluate``.

Several processes share a run when a launcher starts them, on cards or on a CPU:
``accelerate launch --multi_gpu --num_processes 2 -m studio.engine train RUN``.
"""

from __future__ import annotations

import importlib
import sys

PARTS = {
    "train": "studio.engine.train",
    "render": "studio.engine.renderserver",
    "chat": "studio.engine.chatserver",
    "trace": "studio.engine.traceserver",
    "measure": "studio.engine.measureserver",
    "fetch": "studio.engine.fetch",
    "doctor": "studio.engine.doctor",
    "import": "studio.engine.importrows",
    "convert": "studio.engine.convert",
    "exchange": "studio.engine.exchange",
    "hubdata": "studio.engine.hubdata",
    "hubsearch": "studio.engine.hubsearch",
    "evaluate": "studio.engine.evaluate",
}
"""Each module has ``main(argv) -> int``."""


def main() -> int:
    """Start the part that is named first."""
    if len(sys.argv) < 2 or sys.argv[1] not in PARTS:
        sys.stderr.write(f"usage: python -m studio.engine {{{','.join(PARTS)}}} ...\n")
        return 2
    return int(importlib.import_module(PARTS[sys.argv[1]]).main(sys.argv[2:]))


if __name__ == "__main__":
    sys.exit(main())
