"""A check of a dataset: what is in the sidecar is the truth, however it came to be there."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from studio.core.example import Conversation, Kind, Preference, Text, Triple
from studio.core.problems import StudioError
from studio.core.protocol import CheckDataset, DatasetChecked
from studio.data.checks import found, sidecar
from studio.data.checks.classes import CLASSES, OF_LIMIT
from studio.data.checks.found import Found
from studio.data.store import Dataset
from studio.engine import checkrun
from studio.engine.checkserver import CheckServer
from studio.engine.findings import FINDINGS
from studio.engine.render import Renderer
from tests.helpers.tinymodel import make_tiny_model

LIMIT = 44
Facts = dict[str, object]


@pytest.fixture(scope="module")
def renderer(tmp_path_factory: pytest.TempPathFactory) -> Renderer:
    return Renderer(make_tiny_model(tmp_path_factory.mktemp("model") / "tiny"))


@pytest.fixture
def server(renderer: Renderer) -> Iterator[CheckServer]:
    made = CheckServer(lambda *_: renderer)
    yield made
    made.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "rows.sqlite"
    with Dataset.create(made) as data:
        data.insert(0, [Triple(f"Name {i}?", "", f"It is {i}, and so on.") for i in range(300)])
        data.insert(300, [Triple("Name 7?", "", "Seven."), Triple("Mail a@b.de?", "", "")], "test")
    return made


def check(server: CheckServer, path: Path, model: str = "m", near: float = 0.8) -> Found:
    ask = CheckDataset(id=1, dataset=str(path), sidecar=f"{path}.checks", model=model, near=near)
    pieces = [piece for piece in server.pieces(ask) if piece is not None]
    assert all(isinstance(piece, DatasetChecked) for piece in pieces)
    assert [piece.finished for piece in pieces] == [False] * (len(pieces) - 1) + [True]
    return found.read(Path(ask.sidecar))


def facts(known: Found, path: Path) -> Facts:
    """Return all that can be seen of what is known of the rows that are there."""
    with Dataset.open(path, read_only=True) as data:
        ids = data.ids
    lengths = known.lengths.among(ids)
    return {
        "lengths": [
            getattr(lengths, name).tolist() for name in ("row", "tokens", "end_at", "trained")
        ],
        "faults": {f.code: f.rows.tolist() for f in known.faults(ids, LIMIT)},
        "statistics": known.notes["statistics"],
    }


def anew(server: CheckServer, path: Path, folder: Path) -> Facts:
    """Return what a first check of the same rows finds."""
    copy = folder / "copy.sqlite"
    with Dataset.open(path, read_only=True) as data, sqlite3.connect(copy) as target:
        data._sql.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")
    target.close()
    result = facts(check(server, copy), copy)
    for each in folder.glob("copy.sqlite*"):
        each.unlink()
    return result


def test_lengths_and_problems_of_all_rows_are_found(server: CheckServer, path: Path) -> None:
    known = check(server, path)
    seen = facts(known, path)
    faults = seen["faults"]
    assert len(known.lengths) == 302
    assert faults["no_answer"] == [302]
    assert faults["email"] == [302]
    assert faults["leak"] == [301]
    assert faults["end_cut"]
    assert not set(faults["end_cut"]) & set(faults.get("answer_cut", ()))


def test_what_sql_says_of_a_limit_is_what_the_arrays_say(server: CheckServer, path: Path) -> None:
    known = check(server, path)
    connection = sqlite3.connect(":memory:")
    assert sidecar.attach(connection, Path(f"{path}.checks"))
    for limit in (1, 8, 20, *range(36, 52), 1000):
        faults = {f.code: f.rows.tolist() for f in known.faults(known.lengths.row, limit)}
        for code in (*OF_LIMIT, "email", "leak"):
            sql, values = sidecar.rows_with(code, limit)
            rows = sorted(row for (row,) in connection.execute(sql, values))
            assert rows == faults.get(code, []), (code, limit)
        sql, values = sidecar.rows_with(sidecar.ANY, limit)
        rows = {row for (row,) in connection.execute(sql, values)} - {0}
        assert rows == {row for rows in faults.values() for row in rows}
    connection.close()


EDITS: list[Callable[[Dataset, random.Random], object]] = [
    lambda data, dice: data.edit(
        int(dice.choice(data.ids)), "output", dice.choice(("", "a@b.de", "ok", "Ã©"))
    ),
    lambda data, dice: data.delete([int(dice.choice(data.ids))]),
    lambda data, dice: data.insert(0, [Triple("Name 7?", "", "Seven.")]),
    lambda data, dice: data.set_split(
        [int(row) for row in dice.sample(data.ids.tolist(), 5)], "validation"
    ),
    lambda data, dice: data.move([int(dice.choice(data.ids))], 0),
    lambda data, dice: data.add_tag([int(dice.choice(data.ids))], dice.choice("ab")),
    lambda data, _dice: data.undo(),
    lambda data, _dice: data.redo(),
]


@settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    steps=st.lists(st.integers(0, len(EDITS) - 1), min_size=1, max_size=8), seed=st.integers(0, 99)
)
def test_checking_what_changed_is_the_same_as_checking_all(
    server: CheckServer, renderer: Renderer, path: Path, tmp_path: Path, steps: list[int], seed: int
) -> None:
    dice = random.Random(seed)
    other = CheckServer(lambda *_: renderer)
    for step in steps:
        with Dataset.open(path) as data:
            EDITS[step](data, dice)
        now = facts(check(server, path), path)
    assert now == anew(other, path, tmp_path)
    other.close()


def test_only_what_changed_is_judged_again(server: CheckServer, path: Path) -> None:
    check(server, path)
    with Dataset.open(path) as data:
        data.edit(3, "output", "Another.")
        data.set_split([4], "validation")
    ask = CheckDataset(id=1, dataset=str(path), sidecar=f"{path}.checks", model="m")
    rows = [p.total for p in server.pieces(ask) if p is not None and p.what == "rows"]
    assert set(rows) == {1}


def test_a_check_that_was_left_goes_on_where_it_was(
    server: CheckServer, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checkrun, "AT_ONCE", 1)
    ask = CheckDataset(id=1, dataset=str(path), sidecar=f"{path}.checks", model="m")
    pieces = server.pieces(ask)
    for _ in range(2):
        next(pieces)
    pieces.close()
    totals = [p.total for p in server.pieces(ask) if p is not None and p.what == "rows"]
    assert 0 < totals[0] < 302
    assert len(found.read(Path(ask.sidecar)).lengths) == 302


def test_a_sidecar_that_is_deleted_while_in_use_is_made_again(
    server: CheckServer, path: Path
) -> None:
    before = facts(check(server, path), path)
    sidecar.discard(Path(f"{path}.checks"))
    assert found.read(Path(f"{path}.checks")).problems == {}
    assert facts(check(server, path), path) == before


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE meta SET value = '{' WHERE name = 'statistics'",
        "UPDATE packed SET data = x'00' WHERE name = 'lengths'",
        "UPDATE packed SET data = 'text' WHERE name = 'lengths'",
        "UPDATE judged SET data = x'0000'",
        "UPDATE meta SET value = CAST(x'78ff' AS TEXT) WHERE name = 'statistics'",
    ],
)
def test_a_sidecar_with_odd_values_is_made_anew(
    server: CheckServer, path: Path, damage: str
) -> None:
    before = facts(check(server, path), path)
    server.close()
    place = Path(f"{path}.checks")
    with sqlite3.connect(place) as connection:
        assert connection.execute(damage).rowcount > 0
    connection.close()
    assert isinstance(found.read(place), Found)
    assert found.details(place, {"personal": [302]}) is not None
    assert facts(check(server, path), path) == before


def test_a_sidecar_that_breaks_during_a_check_is_told_and_the_next_check_makes_it_anew(
    server: CheckServer, path: Path
) -> None:
    before = facts(check(server, path), path)
    place = Path(f"{path}.checks")
    with sqlite3.connect(place) as connection:
        connection.execute("DROP TABLE problems")
    connection.close()
    with Dataset.open(path) as data:
        data.edit(1, "output", "other")
        data.undo()
    with pytest.raises(StudioError, match="cannot be kept"):
        check(server, path)
    Path(place).unlink()
    assert facts(check(server, path), path) == before


@pytest.mark.parametrize("damage", ["cut", "noise", "empty", "other", "old"])
def test_a_damaged_sidecar_is_as_good_as_none(server: CheckServer, path: Path, damage: str) -> None:
    before = facts(check(server, path), path)
    server.close()
    place = Path(f"{path}.checks")
    data = place.read_bytes()
    for end in ("-wal", "-shm"):
        Path(f"{place}{end}").unlink(missing_ok=True)
    if damage == "cut":
        place.write_bytes(data[: len(data) // 2])
    elif damage == "noise":
        place.write_bytes(data[:100] + bytes(random.Random(1).randbytes(len(data) - 100)))
    elif damage == "empty":
        place.write_bytes(b"")
    elif damage == "other":
        shutil.copy(path, place)
    else:
        with sqlite3.connect(place) as connection:
            connection.execute("PRAGMA user_version = 999")
        connection.close()
    assert isinstance(found.read(place), Found)  # whoever reads now finds less, and no error
    assert facts(check(server, path), path) == before


def test_two_writers_do_not_confuse_each_other(
    server: CheckServer, renderer: Renderer, path: Path
) -> None:
    before = facts(check(server, path), path)
    other = CheckServer(lambda *_: renderer)
    with Dataset.open(path) as data:
        data.edit(3, "output", "")
    check(other, path)
    with Dataset.open(path) as data:
        data.undo()
    assert facts(check(server, path), path) == before
    assert facts(check(other, path), path) == before
    other.close()


def test_a_place_that_cannot_be_written_is_a_sentence(server: CheckServer, path: Path) -> None:
    Path(f"{path}.checks").mkdir()
    with pytest.raises(StudioError, match="cannot be kept"):
        check(server, path)


def test_without_a_model_nothing_is_measured(server: CheckServer, path: Path) -> None:
    known = check(server, path, model="")
    assert not len(known.lengths)
    assert "fit" not in known.notes
    assert "no_answer" in known.problems
    assert len(check(server, path).lengths) == 302


def test_another_template_measures_again_and_keeps_what_texts_say(
    renderer: Renderer, path: Path, tmp_path: Path
) -> None:
    template = "{% for m in messages %}[{{ m.role }}] {{ m.content }} and so on and on and on\n{% endfor %}"
    plain = Renderer(make_tiny_model(tmp_path / "tiny"), template)
    first, second = CheckServer(lambda *_: renderer), CheckServer(lambda *_: plain)
    short = check(first, path)
    first.close()
    ask = CheckDataset(id=1, dataset=str(path), sidecar=f"{path}.checks", model="m", template="x")
    assert list(second.pieces(ask))
    second.close()
    long = found.read(Path(ask.sidecar))
    assert (long.lengths.tokens != short.lengths.tokens).all()
    assert long.problems["email"].tolist() == short.problems["email"].tolist()


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        (
            Kind.CONVERSATION,
            [
                Conversation(
                    ({"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Ho"})
                ),
                Conversation(({"role": "user", "content": "Hi"},)),
            ],
        ),
        (Kind.TEXT, [Text("Once upon a time. " * 9), Text("")]),
        (Kind.PREFERENCE, [Preference("Hi", "Ho", "No"), Preference("Hi", "Ho", "")]),
    ],
)
def test_every_kind_is_measured(
    server: CheckServer, tmp_path: Path, kind: Kind, rows: list[object]
) -> None:
    path = tmp_path / "rows.sqlite"
    with Dataset.create(path, kind) as data:
        data.insert(0, rows)
    known = check(server, path)
    assert len(known.lengths) == 2
    assert known.lengths.tokens[0] > 0
    assert known.notes["statistics"]["rows"] == 2
    end = int(known.lengths.end_at[0])
    limit = end if end >= 0 else int(known.lengths.tokens[0]) - 1
    cut = {fault.code for fault in known.faults(known.lengths.row, limit)}
    assert cut & {"end_cut", "text_cut"}


def test_trained_tokens_within_a_limit_are_what_the_renderer_says(
    server: CheckServer, renderer: Renderer, path: Path
) -> None:
    known = check(server, path).lengths
    with Dataset.open(path, read_only=True) as data:
        examples = [row.example for row in data.rows()]
    for limit in (1, 20, *range(36, 52), 500):
        told = [row.trained for row in renderer.rows(examples, limit)]
        assert known.trained_within(limit).tolist() == told


def test_every_finding_of_the_renderer_has_a_class() -> None:
    assert set(FINDINGS) <= set(CLASSES)


def test_statistics_count_what_is_there(server: CheckServer, path: Path) -> None:
    numbers = check(server, path).notes["statistics"]
    assert numbers["rows"] == 302
    sizes = {field["name"]: field for field in numbers["fields"]}
    assert set(sizes) == {"instruction", "output"}
    assert sizes["output"]["empty"] == 1
    assert sum(sizes["output"]["counts"]) == 302
    assert len(sizes["output"]["edges"]) == len(sizes["output"]["counts"]) + 1
    with Dataset.open(path, read_only=True) as data:
        longest = max(len(row.output) for row in data.rows())
        assert sizes["output"]["longest"] == longest
        assert numbers["characters"] == sum(len(text) for row in data.rows() for text in row.texts)


def test_the_fit_counts_pieces_of_words(
    server: CheckServer, renderer: Renderer, tmp_path: Path
) -> None:
    path = tmp_path / "rows.sqlite"
    with Dataset.create(path) as data:
        data.insert(0, [Triple(f"{i}", "", f"Xylographische {i}") for i in range(12)])
    fit = check(server, path).notes["fit"]
    (word,) = [each for each in fit["words"] if each["word"] == "Xylographische"]
    pieces = len(renderer.tokenizer(" Xylographische", add_special_tokens=False)["input_ids"])
    assert word == {
        "word": "Xylographische",
        "count": 12,
        "pieces": pieces,
        "saved": 12 * (pieces - 1),
    }
    assert fit["general_characters_per_token"] > 0
    assert np.isfinite(fit["characters_per_token"])
