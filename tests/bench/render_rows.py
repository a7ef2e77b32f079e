"""Rows a second from examples to tokens with their masks, many together and one by one.

Run it alone: ``python -m tests.bench.render_rows [rows]``. It prints a JSON document.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

from studio.core.example import Conversation, Example, Preference, Text, Triple
from studio.core.resources import resource
from studio.engine.render import Renderer
from tests.helpers.starter import fetch_starter

ROUNDS = 3
"""The best of these counts: others on the machine only take time."""


def main(count: int) -> dict[str, dict[str, float]]:
    """Measure each kind; rows a second on the clock, and seconds of processor for 1,000 rows."""
    renderer = Renderer(fetch_starter())
    lines = resource("datasets", "hotel-concierge", "train.jsonl").read_text("utf-8").splitlines()
    triples = [Triple(**json.loads(line)) for line in lines]
    triples = (triples * (count // len(triples) + 1))[:count]
    kinds: dict[str, list[Example]] = {
        "triple": list(triples),
        "conversation": [_talk(row) for row in triples],
        "text": [Text(row.output) for row in triples],
        "preference": [Preference(row.question, row.output, "No.") for row in triples],
    }
    renderer.rows(triples[:100], 512)
    told = {
        kind: _measured(lambda rows=rows: len(renderer.rows(rows, 512)))
        for kind, rows in kinds.items()
    }
    alone = triples[: count // 10]
    told["triple, one by one"] = _measured(lambda: len([renderer.row(r, 512) for r in alone]))
    return told


def _talk(row: Triple) -> Conversation:
    asked = {"role": "user", "content": row.question}
    answer = {"role": "assistant", "content": row.output}
    return Conversation((asked, answer, asked, answer))


def _measured(work: Callable[[], int]) -> dict[str, float]:
    best = (0.0, 0.0)
    for _ in range(ROUNDS):
        clock, processor = time.perf_counter(), time.process_time()
        rows = work()
        seconds = time.perf_counter() - clock
        spent = time.process_time() - processor
        best = max(best, (rows / seconds, 1000 * spent / rows))
    return {"rows_per_second": round(best[0]), "processor_seconds_per_1000": round(best[1], 3)}


if __name__ == "__main__":
    print(json.dumps(main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000), indent=1))
