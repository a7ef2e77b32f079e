"""QLoRA of the starter model on the example: steps, memory and loss, as the command line tells them.

.venv/bin/python -m tests.bench.train_starter [--steps N]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Any

from studio.core.resources import resource
from studio.core.units import gib
from tests.helpers.starter import fetch_starter, place_model

RECIPE = """\
model = "SmolLM2-135M-Instruct"
dataset = "hotel"
method = "qlora"
rank = 8
alpha = 16
max_tokens = 256
micro_batch = 4
learning_rate = 5e-4
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=66, help="one pass over the example is 66")
    parser.add_argument("--device", default="auto", choices=("auto", "cpu", "cuda"))
    args = parser.parse_args()
    model = fetch_starter()
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        place_model(model, workspace)
        rows = resource("datasets", "hotel-concierge", "train.jsonl")
        studio(workspace, "data", "import", str(rows), "--name", "hotel")
        recipe = workspace / "recipe.toml"
        limits = f'max_steps = {args.steps}\ndevice = "{args.device}"\n'
        recipe.write_text(RECIPE + limits, encoding="utf-8")
        events = studio(workspace, "train", str(recipe))
        run = events[-1]["run"]
        [shown] = studio(workspace, "runs", "show", run)
        report(events, shown)


def studio(workspace: Path, *args: str) -> list[dict[str, Any]]:
    """Run a command and return the JSON documents that it printed."""
    command = [sys.executable, "-m", "studio", *args, "--workspace", str(workspace), "--json"]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return [json.loads(line) for line in done.stdout.splitlines() if line.strip()]


def report(events: list[dict[str, Any]], shown: dict[str, Any]) -> None:
    """Print the run's figures; steps are timed without evaluation, saving and the first step."""
    steps = [e for e in events if e["kind"] == "StepDone"]
    started = next(e for e in events if e["kind"] == "RunStarted")
    evaluations = [e for e in events if e["kind"] == "Evaluated"]
    warm = steps[1:]
    seconds = sum(e["seconds"] for e in warm)
    print(f"device        {shown.get('device') or started['device']}")
    print(f"steps         {len(steps)}, {median(e['seconds'] for e in warm):.2f} s each")
    print(
        f"speed         {sum(e['tokens'] for e in warm) / seconds:.0f} tokens/s, padding left out"
    )
    print(f"loss          {steps[0]['loss']:.3f} at step 1, {steps[-1]['loss']:.3f} at the end")
    if evaluations:
        first, last = evaluations[0], evaluations[-1]
        print(f"held out      {first['target_loss']:.3f} before, {last['target_loss']:.3f} after")
    predicted, measured = shown["predicted_peak_bytes"], shown["measured_peak_bytes"]
    if predicted and measured:
        print(f"peak          {gib(measured, 2)}, predicted {gib(predicted, 2)}")


if __name__ == "__main__":
    main()
