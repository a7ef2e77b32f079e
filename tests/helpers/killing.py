"""Kills processes that edit or import at random moments, and looks at what they leave."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from studio.core.workspace import Workspace
from studio.data import schema
from studio.data.store import Dataset
from tests.helpers.children import held
from tests.helpers.firstformat import write_first_format
from tests.helpers.killed import make_dataset, state_of, states_around

LETTERS = "abcdefghij"
"""What is typed, again and again."""

_MOST_SECONDS = 1.5


@dataclass(frozen=True)
class Outcome:
    """What a killed process left.

    Attributes:
        what: edit, import, migrate or type.
        done: the steps it told of, the rows that are there, or the keys.
        verdict: old, new, or what is wrong.
        milliseconds: that opening took; the age of the oldest key that is lost.
    """

    what: str
    done: int
    verdict: str
    milliseconds: float

    @property
    def good(self) -> bool:
        return self.verdict in ("old", "new")


def kill_an_editor(folder: Path, seed: int) -> Outcome:
    """Let a process edit, kill it, and compare with the states before and after its last step."""
    start, path = folder / "start.sqlite", folder / f"edited-{seed}.sqlite"
    if not start.exists():
        make_dataset(start)
    shutil.copy(start, path)
    told = _told(["edit", str(path), str(seed)], random.Random(seed).uniform(0, _MOST_SECONDS))
    before, after = states_around(start, seed, told, folder)
    opened, milliseconds = _open(path)
    with opened as data:
        found = state_of(data)
        (whole,) = data.select("PRAGMA integrity_check")[0]
    verdict = "new" if found == after else "old" if found == before else "a mixture"
    for file in folder.glob(f"*edited-{seed}*"):
        file.unlink()
    return Outcome("edit", told, verdict if whole == "ok" else str(whole), milliseconds)


def kill_an_importer(folder: Path, seed: int, rows: int = 20_000) -> Outcome:
    """Let a process import, kill it, and see that all rows are there or none; then import again."""
    source, path = folder / "rows.jsonl", folder / f"imported-{seed}.sqlite"
    if not source.exists():
        lines = ({"instruction": f"q{i}", "output": f"a{i}" * 9} for i in range(rows))
        source.write_text("".join(json.dumps(line) + "\n" for line in lines))
    _told(["import", str(source), str(path)], random.Random(seed).uniform(0, _MOST_SECONDS))
    verdict, milliseconds, there = "old", 0.0, 0
    if path.exists():
        opened, milliseconds = _open(path)
        with opened as data:
            there = len(data)
            last = data.read(there - 1, there)[0].instruction
        verdict = "new" if (there, last) == (rows, f"q{rows - 1}") else f"{there} rows"
    else:
        subprocess.run(_command(["import", str(source), str(path)]), check=True)
        with Dataset.open(path) as data:
            verdict = verdict if len(data) == rows else f"{len(data)} rows at the second try"
    left = [file.name for file in folder.glob(".*.partial*")]
    for file in folder.glob(f"*imported-{seed}*"):
        file.unlink()
    return Outcome("import", there, f"left {left}" if left else verdict, milliseconds)


def kill_a_migration(folder: Path, seed: int, rows: int = 20_000) -> Outcome:
    """Kill a process that brings an old dataset up to date; it is the old or the new file."""
    start, path = folder / "old.sqlite", folder / f"migrated-{seed}.sqlite"
    if not start.exists():
        write_first_format(start, rows)
    shutil.copy(start, path)
    _told(["migrate", str(path)], random.Random(seed).uniform(0, _MOST_SECONDS / 5))
    with schema.looked_at(path) as (_, version):
        verdict = "new" if version == schema.VERSION else "old"
    opened, milliseconds = _open(path)
    with opened as data:
        there, name = len(data), data.redo_text
        (whole,) = data.select("PRAGMA integrity_check")[0]
    if (there, name, whole) != (rows + 9, "Edit input", "ok"):
        verdict = f"{there} rows, {name}, {whole}"
    left = [file.name for file in folder.glob(".*.partial*")]
    for file in folder.glob(f"*migrated-{seed}*"):
        file.unlink()
    return Outcome("migrate", there, f"left {left}" if left else verdict, milliseconds)


def kill_a_typist(folder: Path, seed: int) -> Outcome:
    """Let a window be typed in, kill it, and see that the row holds what was typed until then.

    The outcome's number is of the keys; its milliseconds are the age of the oldest lost one.
    """
    workspace = Workspace(folder / f"workspace-{seed}").create()
    path = workspace.dataset("typed")
    with Dataset.create(path) as data:
        data.insert(0, [("q", "", "")])
    command = [sys.executable, "-m", "tests.helpers.killedtyping", str(workspace.path), "typed"]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with held(child):
        assert child.stdout is not None
        first = child.stdout.readline()
        time.sleep(random.Random(seed).uniform(0.2, 2 * _MOST_SECONDS))
        child.kill()
        killed = time.monotonic()
        said = (first + child.stdout.read()).split(b"\n")[:-1]
    with Dataset.open(path) as data:
        text = data.read(0, 1)[0].output
        (whole,) = data.select("PRAGMA integrity_check")[0]
    keys = (LETTERS * (len(said) // len(LETTERS) + 2))[: len(said) + 1]
    lost = [float(line.split()[1]) for line in said if int(line.split()[0]) > len(text)]
    verdict = "new" if not lost else "old"
    if whole != "ok" or not keys.startswith(text):
        verdict = f"{text!r} after {len(said)} keys, {whole}"
    return Outcome("type", len(said), verdict, 1000 * (killed - lost[0]) if lost else 0.0)


def _command(args: list[str]) -> list[str]:
    return [sys.executable, "-m", "tests.helpers.killed", *args]


def _told(args: list[str], seconds: float) -> int:
    """Run a process, kill it some seconds after it began to work, and return its last number."""
    with held(subprocess.Popen(_command(args), stdout=subprocess.PIPE)) as child:
        assert child.stdout is not None
        first = child.stdout.readline() if args[0] != "import" else b""
        time.sleep(seconds)
        child.kill()
        said = (first + child.stdout.read()).split(b"\n")[:-1]  # the last may be half a number
    return int(said[-1]) if said else 0


def _open(path: Path) -> tuple[Dataset, float]:
    start = time.perf_counter()
    data = Dataset.open(path)
    return data, 1000 * (time.perf_counter() - start)
