"""What a narrow task costs general answers, and which remedies help: a table and a picture.

.venv/bin/python -m tests.bench.forgetting --model DIR --data FILE.json --into DIR [--quick]

The data is a JSON list of {instruction, input, output}; every sixth row is held out. Finished runs
are kept in INTO/results.json and are not run again. The whole grid takes under two hours on two
cores; --quick makes four runs of 40 steps.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.bench.forgettingpicture import picture
from tests.helpers.runfolders import events_of, make_run

RATES = {"mild": 2e-4, "harsh": 3e-3}
REMEDIES: dict[str, dict[str, Any]] = {
    "plain": {},
    "replay 10 %": {"replay": 0.1},
    "replay 20 %": {"replay": 0.2},
    "own replay 20 %": {"replay": 0.2, "replay_from": "own"},
    "L2 0.01": {"l2": 0.01},
    "L2 10": {"l2": 10.0},
    "EWC 0.1": {"ewc": 0.1},
    "EWC 10": {"ewc": 10.0},
    "KL": {"kl": 1.0},
}
TOO_STRONG = ("L2 10", "EWC 10")
"""What a strength that is far too great looks like; at one rate."""
THREE_SEEDS = ("plain", "replay 10 %", "replay 20 %", "KL")
QUICK = [("plain", "mild"), ("plain", "harsh"), ("replay 20 %", "harsh"), ("KL", "harsh")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--into", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=60)
    parser.add_argument("--quick", action="store_true", help="four runs, one seed, 40 steps")
    args = parser.parse_args()
    rows, steps = rows_of(args.data), 40 if args.quick else args.steps
    args.into.mkdir(parents=True, exist_ok=True)
    kept = args.into / "results.json"
    results = json.loads(kept.read_text()) if kept.is_file() else {}
    for remedy, rate, seed in grid(quick=args.quick):
        key = f"{remedy}, {rate}, seed {seed}, {steps} steps"
        if key not in results:
            found = one(args.into, args.model.resolve(), rows, remedy, rate, seed, steps)
            results[key] = found | {"remedy": remedy, "rate": rate, "seed": seed}
            kept.write_text(json.dumps(results, indent=1))
            print(key, f"{found['seconds']:.0f} s", file=sys.stderr, flush=True)
    mine = [result for key, result in results.items() if key.endswith(f" {steps} steps")]
    print(table(mine))
    (args.into / "forgetting.svg").write_text(picture(mine, list(REMEDIES)), encoding="utf-8")


def rows_of(path: Path) -> list[tuple[str, str, str, str]]:
    """Return the task's rows, every sixth of them held out."""
    bodies = json.loads(path.read_text(encoding="utf-8"))
    made = []
    for number, body in enumerate(bodies):
        split = "validation" if number % 6 == 5 else "train"
        texts = (body["instruction"], body.get("input", ""), body["output"])
        filled = (
            t.replace("{{name}}", "Graft").replace("{{author}}", "the orchard") for t in texts
        )
        made.append((split, *filled))
    return made


def grid(*, quick: bool) -> list[tuple[str, str, int]]:
    """Return remedy, rate and seed of each run, so that one of each comes first."""
    if quick:
        return [(remedy, rate, 1) for remedy, rate in QUICK]
    first = [
        (remedy, rate, 1)
        for rate in RATES
        for remedy in REMEDIES
        if rate == "harsh" or remedy not in TOO_STRONG
    ]
    more = [(remedy, rate, seed) for seed in (2, 3) for rate in RATES for remedy in THREE_SEEDS]
    return first + more


def one(
    into: Path, model: Path, rows: list[Any], remedy: str, rate: str, seed: int, steps: int
) -> dict[str, Any]:
    """Train once in a process of its own; return what its first and last evaluation told."""
    guard = {"share": 10.0, "budget_seconds": 600.0, **REMEDIES[remedy]}
    run = make_run(
        into,
        model,
        rows,
        tables={"guard": guard},
        rank=16,
        alpha=32,
        learning_rate=RATES[rate],
        warmup_steps=5,
        max_tokens=256,
        max_steps=steps,
        eval_steps=steps,
        save_steps=steps,
        seed=seed,
    )
    subprocess.run([sys.executable, "-m", "studio.engine", "train", str(run.path)], check=True)
    told = [e for e in events_of(run) if type(e).__name__ == "Evaluated"]
    taken = [e.seconds for e in events_of(run) if type(e).__name__ == "StepDone"]
    ended = events_of(run)[-1]
    return {
        "before": _values(told[0]),
        "after": _values(told[-1]),
        "step_seconds": statistics.median(taken[1:]),
        "guard_seconds": told[-1].guard_seconds,
        "seconds": ended.seconds,
    }


def _values(event: Any) -> dict[str, Any]:
    return {
        "target": event.target_loss,
        "general": event.general_loss,
        "accuracy": event.general_accuracy,
        "drift": event.drift,
        "ranges": event.general_ranges,
        "tags": event.general_tags,
    }


def table(results: list[dict[str, Any]]) -> str:
    """Return the results as a Markdown table.

    General loss is told as its change from the base. Of several seeds there is the mean, with the
    least and most of them in brackets; the intervals are of single runs, by the chance of their
    questions.
    """
    head = [
        "rate",
        "remedy",
        "seeds",
        "task loss",
        "general loss",
        "95 % of each",
        "right",
        "drift",
    ]
    lines = [[*head, "s/step"], ["---"] * (len(head) + 1)]
    if results:
        base = results[0]["before"]
        told = [f"{base['target']:.2f}", f"{base['general']:.3f}", "", f"{base['accuracy']:.0%}"]
        lines.append(["", "the base", "", *told, "0", ""])
    for rate in RATES:
        for remedy in REMEDIES:
            mine = [r for r in results if (r["rate"], r["remedy"]) == (rate, remedy)]
            if mine:
                lines.append(_line(rate, remedy, mine))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _line(rate: str, remedy: str, mine: list[dict[str, Any]]) -> list[str]:
    def over(name: str, form: str) -> str:
        return _over([r["after"][name] for r in mine], form)

    ranges = [r["after"]["ranges"]["general_loss_change"] for r in mine]
    changes = [r["after"]["general"] - r["before"]["general"] for r in mine]
    return [
        rate,
        remedy,
        str(len(mine)),
        over("target", ".2f"),
        _over(changes, "+.2f"),
        "; ".join(f"{low:+.2f} to {high:+.2f}" for low, high in ranges).replace("-", "−"),
        over("accuracy", ".0%"),
        over("drift", ".2f"),
        f"{statistics.fmean(r['step_seconds'] for r in mine):.1f}",
    ]


def _over(values: list[float], form: str) -> str:
    """Return the mean of the seeds, with the least and the most of them in brackets."""
    words = f"{statistics.fmean(values):{form}}"
    if len(values) > 1:
        words += f" ({min(values):{form}} to {max(values):{form}})"
    return words.replace("-", "−")


if __name__ == "__main__":
    main()
