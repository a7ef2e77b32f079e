"""Processes that change a dataset until they are killed, and what must be there afterwards.

``python -m tests.helpers.killed edit DATASET SEED``, ``... import FILE DATASET`` and
``... migrate DATASET``, whose dataset is one of the first studio.
"""

from __future__ import annotations

import hashlib
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from studio.core.example import SPLITS, Triple
from studio.data.importing import import_file
from studio.data.store import Dataset

ROWS = 400


def make_dataset(path: Path) -> None:
    """Make the dataset that the processes begin with."""
    with Dataset.create(path) as data:
        data.insert(0, [Triple(f"q{i}", "", f"a{i}") for i in range(ROWS)])


def random_step(data: Dataset, random_: random.Random) -> None:
    """Change a dataset; which step it is depends on the generator and the rows alone."""
    ids = data.ids.tolist()
    if not ids:  # everything was taken back
        data.redo()
        return
    some = random_.sample(ids, min(len(ids), random_.choice([1, 3, 200])))
    word, at = f"w{random_.random()}", random_.randint(0, len(ids))
    steps: list[Callable[[], object]] = [
        lambda: data.edit(some[0], "output", word),
        lambda: data.edit(some[0], "output", word * 500, merge=True),
        lambda: data.edit_cells("Replace", [(row, "instruction", word) for row in some]),
        lambda: data.insert(at, [(word, "", word)] * random_.choice([1, 2, 50])),
        lambda: data.delete(some[: len(ids) - ROWS // 2]),
        lambda: data.move(some, at),
        lambda: data.set_split(some, random_.choice(SPLITS)),
        lambda: data.add_tag(data.ids, "all"),
        lambda: data.add_tag(some, "some"),
        lambda: data.remove_tag(some, "all"),
        lambda: data.set_note(some[0], word),
        data.undo,
        data.redo,
    ]
    random_.choice(steps)()


def state_of(data: Dataset) -> str:
    """Return a hash of all that a user could see of a dataset, its journal's names included."""
    rows = [(r.id, r.texts, r.split, r.tags, r.note) for r in data.rows()]
    seen = repr((rows, data.undo_text, data.redo_text, data.split_counts(), data.tag_counts()))
    return hashlib.sha256(seen.encode()).hexdigest()


def states_around(start: Path, seed: int, told: int, folder: Path) -> list[str]:
    """Return what a dataset may be when its process was killed after it told of some steps.

    Args:
        start: the dataset as it began; it is copied.
        seed: of its steps.
        told: how many steps it said were done.
        folder: for the copy.

    Returns:
        The states after that many steps and after one more.
    """
    copy = folder / f"again-{seed}.sqlite"
    shutil.copy(start, copy)
    random_ = random.Random(seed)
    found = []
    with Dataset.open(copy) as data:
        data._sql.execute("PRAGMA synchronous = OFF")
        for step in range(told + 1):
            if step == told:
                found.append(state_of(data))
            random_step(data, random_)
        found.append(state_of(data))
    copy.unlink()
    return found


def main() -> None:
    what, *names = sys.argv[1:]
    if what == "import":
        import_file(Path(names[0]), Path(names[1]))
        return
    if what == "migrate":
        sys.stdout.write("0\n")
        sys.stdout.flush()
        Dataset.open(Path(names[0])).close()
        return
    random_ = random.Random(int(names[1]))
    with Dataset.open(Path(names[0])) as data:
        sys.stdout.write("0\n")
        sys.stdout.flush()
        for step in range(1, 1_000_000):
            random_step(data, random_)
            sys.stdout.write(f"{step}\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
