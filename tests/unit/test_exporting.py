"""Exports: untouched rows leave as they came, and every format reads back as the same texts."""

from __future__ import annotations

import csv
import errno
import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from studio.core.example import (
    Conversation,
    Kind,
    Preference,
    Text,
    Triple,
    kind_of,
    texts_of,
)
from studio.core.problems import DataError, DiskFullError
from studio.data.conversions import spoken_triple
from studio.data.exportfiles import encoded
from studio.data.exporting import export, preview
from studio.data.exportplan import (
    Beside,
    Container,
    ExportPlan,
    container_of,
    layouts_for,
    losses,
    plan_of,
)
from studio.data.importing import import_file, import_files
from studio.data.layouts import Layout
from studio.data.looking import look_at
from studio.data.rowshapes import fitting
from studio.data.rowwriting import STANDARD
from studio.data.schema import Stopped
from studio.data.store import Dataset
from studio.data.textrows import Each

SLOW = settings(
    max_examples=8,  # for each of the kinds and files
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
FILES = (Container.JSONL, Container.JSON, Container.CSV, Container.TSV)
STRANGE = "".join(map(chr, range(9))) + "\ufffd"
"""Signs that make a tiny file look like one that is no text."""
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters=STRANGE), max_size=40)
said = texts.filter(lambda text: text[:1] not in ("[", "{"))
roles = st.sampled_from(["user", "assistant", "system", "tool"])
turns = st.lists(
    st.fixed_dictionaries({"role": roles, "content": texts}), min_size=1, max_size=5
).map(tuple)
call = st.fixed_dictionaries({"name": texts, "arguments": texts})
tools = st.lists(
    st.fixed_dictionaries(
        {"type": st.just("function"), "function": st.fixed_dictionaries({"name": texts})}
    ),
    max_size=2,
).map(tuple)
examples = {
    Kind.TRIPLE: st.builds(Triple, said, said, said),
    Kind.CONVERSATION: st.builds(Conversation, turns, tools),
    Kind.TEXT: st.builds(Text, texts),
    Kind.PREFERENCE: st.builds(Preference, said, said, said, st.just(()) | turns),
}


def made(folder: Path, rows: list) -> Path:
    """Return a new dataset of these examples."""
    path = folder / f"{len(list(folder.iterdir()))}.sqlite"
    with Dataset.create(path, kind_of(rows[0])) as dataset:
        dataset.insert(0, rows)
    return path


def read_back(file: Path, folder: Path, layout: Layout | None) -> list[tuple[str, ...]]:
    """Return the texts of a file that is imported in a layout."""
    (plan,) = look_at(file)
    if layout is not None:
        plan = plan.read_as(fitting(STANDARD[layout], plan.columns))
    target = folder / f"{len(list(folder.iterdir()))}.back.sqlite"
    report = import_files([plan], target)
    assert not report.problems
    with Dataset.open(target, read_only=True) as dataset:
        return [row.texts for row in dataset.rows()]


@pytest.mark.parametrize("container", FILES)
@pytest.mark.parametrize("kind", list(Kind))
@SLOW
@given(data=st.data())
def test_what_is_exported_reads_back_as_the_same_texts(tmp_path, kind, container, data):
    rows = data.draw(st.lists(examples[kind], min_size=1, max_size=4))
    layout = data.draw(st.sampled_from(layouts_for(kind)))
    path, file = made(tmp_path, rows), tmp_path / f"{len(list(tmp_path.iterdir()))}.{container}"
    packed = data.draw(st.booleans())
    file = file.with_name(file.name + ".gz") if packed else file
    with Dataset.open(path, read_only=True) as dataset:
        report = export(dataset, file, ExportPlan(container, layout, packed))
        refused = {at - 1 for at, _ in report.reasons}
        kept = [row.texts for at, row in enumerate(dataset.rows()) if at not in refused]
    assert report.rows == len(kept)
    assume(kept)
    expected = [each for row in kept for each in as_read(row, kind, layout)]
    assert list(map(meant, read_back(file, tmp_path, layout))) == list(map(meant, expected))


def meant(row: tuple[str, ...]) -> list:
    """Return a row's texts with turns as values: the order of their keys means nothing."""
    return [json.loads(text) if text[:2] == "[{" else text for text in row]


def as_read(row: tuple[str, ...], kind: Kind, layout: Layout) -> list[tuple[str, ...]]:
    """Return what a row is after a way through a layout, as its losses say."""
    if kind is Kind.TRIPLE and layout is Layout.PROMPT_COMPLETION:
        return [(Triple(*row).question, "", row[2])]
    if kind is Kind.TRIPLE and layout in (Layout.OPENAI, Layout.SHAREGPT):
        return [spoken_triple(row)]
    if layout in (Layout.KTO, Layout.KTO_TURNS):
        prompt, chosen, rejected, context = row
        marked = [(prompt, chosen, "", context)] if chosen else []
        return marked + ([(prompt, "", rejected, context)] if rejected else [])
    return [row]


def test_few_rows_are_refused_by_a_layout_and_each_says_why(tmp_path):
    talk = ({"role": "user", "content": "q"}, {"role": "assistant", "content": "a"})
    rows = [Conversation(talk), Conversation((*talk, {"role": "user", "content": "more"}))]
    with Dataset.open(made(tmp_path, rows), read_only=True) as dataset:
        report = export(dataset, tmp_path / "x.jsonl", ExportPlan(layout=Layout.ALPACA_HISTORY))
    assert (report.rows, report.left_out) == (1, 1)
    assert report.reasons == ((2, "its turns are not questions with an answer each"),)
    assert report.sentence == (
        "1 row is in x.jsonl. Row 2 is left out: its turns are not questions with an answer each."
    )


columns = st.dictionaries(
    st.text(min_size=1, max_size=6).filter(lambda name: name not in ("instruction", "output")),
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
        ),
        max_leaves=5,
    ),
    max_size=3,
)


def line_of(values: dict, how: tuple[str, str, bool], end: str) -> bytes:
    separators, ascii_only = (how[0], how[1]), how[2]
    text = json.dumps(values, separators=separators, ensure_ascii=ascii_only)
    return (text + end).encode("utf-8", "replace")


writings = st.tuples(
    st.sampled_from([",", ", ", " , "]), st.sampled_from([":", ": ", " : "]), st.booleans()
)


@SLOW
@given(
    rows=st.lists(st.tuples(texts, texts, columns, writings), min_size=1, max_size=5),
    end=st.sampled_from(["\n", "\r\n"]),
    last=st.booleans(),
)
def test_untouched_json_lines_leave_byte_for_byte(tmp_path, rows, end, last):
    lines = [
        line_of(extra | {"instruction": asked, "output": answer}, how, end)
        for asked, answer, extra, how in rows
    ]
    content = b"".join(lines)
    content = content if last else content.rstrip(b"\r\n")
    file, number = tmp_path / "in.jsonl", len(list(tmp_path.iterdir()))
    file.write_bytes(content)
    roles = {"instruction": "instruction", "output": "output"}
    try:
        report = import_file(file, tmp_path / f"{number}.sqlite", mapping=roles, kind=Kind.TRIPLE)
    except DataError:
        assume(False)
    assume(not report.problems)  # half a character in another column is one
    with Dataset.open(tmp_path / f"{number}.sqlite", read_only=True) as dataset:
        export(dataset, tmp_path / "out.jsonl")
    assert (tmp_path / "out.jsonl").read_bytes() == content


SHAREGPT = (
    b'{"id": 7, "conversations": [{"from": "human", "value": "hi"}, {"from": "gpt", "value":'
    b' "ho"}], "system": "be kind"}\n'
)
MESSAGES = (
    b'{"messages":[{"role":"user","content":"hi","weight":1.50},{"role":"assistant","content":"ho"}]'
    b',"x":1.10}\n'
)
PAIR = (
    b'{"prompt": "p", "chosen": [{"content": "c", "role": "assistant"}], "rejected":'
    b' [{"content": "r", "role": "assistant"}], "score": 0.10}\n'
)
KTO = b'{"prompt": "p", "completion": "c", "label": false}\n'


@pytest.mark.parametrize("line", [SHAREGPT, MESSAGES, PAIR, KTO])
def test_an_edited_row_keeps_the_files_way_of_writing(tmp_path, line):
    file = tmp_path / "in.jsonl"
    file.write_bytes(line * 2)
    import_file(file, tmp_path / "a.sqlite")
    with Dataset.open(tmp_path / "a.sqlite") as dataset:
        row = dataset.row(1)
        field = next(name for name in ("rejected", "messages") if row.text(name))
        old, new = ("ho", "HO") if field == "messages" else (row.text(field), "NEW")
        dataset.edit(1, field, row.text(field).replace(old, new))
        export(dataset, tmp_path / "out.jsonl")
    first, second = (tmp_path / "out.jsonl").read_bytes().splitlines(keepends=True)
    assert second == line
    expected = json.loads(line.decode().replace(f'"{old}"', f'"{new}"'))
    assert json.loads(first) == expected
    assert list(json.loads(first)) == list(expected)
    assert b"1.10" in first or b"0.10" in first or line in (SHAREGPT, KTO)


def test_a_split_and_tags_are_written_where_the_file_has_them(tmp_path):
    file = tmp_path / "in.jsonl"
    file.write_text(
        '{"instruction": "a", "output": "b", "split": "val", "tags": "x,y"}\n' * 2, "utf-8"
    )
    import_file(file, tmp_path / "a.sqlite")
    with Dataset.open(tmp_path / "a.sqlite") as dataset:
        assert dataset.row(1).split == "validation"
        dataset.set_split([2], "test")
        dataset.add_tag([2], "z")
        export(dataset, tmp_path / "out.jsonl")
    first, second = map(json.loads, (tmp_path / "out.jsonl").read_text("utf-8").splitlines())
    assert first["split"] == "val"
    assert (second["split"], second["tags"]) == ("test", "x,y,z")


TABLE = b'\xef\xbb\xbfid;prompt;"completion"\r\n1;"a";b\r\n\r\n2;"x\r\ny";"say ""hi"""\r\n3;z;=1+1'


@pytest.fixture
def table(tmp_path):
    """A table as it is made by hand: odd quotes, a mark at the start, Windows line ends."""
    (tmp_path / "in.csv").write_bytes(TABLE)
    import_file(tmp_path / "in.csv", tmp_path / "table.sqlite")
    with Dataset.open(tmp_path / "table.sqlite") as dataset:
        yield dataset


def test_a_table_leaves_with_its_heading_delimiter_quotes_and_line_ends(table, tmp_path):
    export(table, tmp_path / "out.csv", ExportPlan(Container.CSV))
    assert (tmp_path / "out.csv").read_bytes() == TABLE.replace(b"\r\n\r\n", b"\r\n")
    table.edit(1, "output", "new;\nline")
    export(table, tmp_path / "out.csv", ExportPlan(Container.CSV))
    assert (tmp_path / "out.csv").read_bytes() == TABLE.replace(b"\r\n\r\n", b"\r\n").replace(
        b'1;"a";b', b'1;a;"new;\nline"'
    )


def test_a_row_that_was_edited_keeps_the_columns_behind_an_odd_name(tmp_path):
    heading = 'prompt,completion,a\u2028b,"c; d; e",f\n'
    (tmp_path / "in.csv").write_text(f"{heading}q,a,1,2,3\n", "utf-8")
    import_file(tmp_path / "in.csv", tmp_path / "odd.sqlite")
    with Dataset.open(tmp_path / "odd.sqlite") as dataset:
        dataset.edit(1, "output", "new")
        export(dataset, tmp_path / "out.csv", ExportPlan(Container.CSV))
    assert (tmp_path / "out.csv").read_text("utf-8") == f"{heading}q,new,1,2,3\n"


def test_the_escape_for_spreadsheets_says_that_it_changes_cells(table, tmp_path):
    plan = ExportPlan(Container.CSV, escape=True)
    export(table, tmp_path / "out.csv", plan)
    assert b";'=1+1" in (tmp_path / "out.csv").read_bytes()
    assert any("these cells are changed" in loss for loss in losses(Kind.TRIPLE, plan))
    assert losses(Kind.TRIPLE, ExportPlan(Container.CSV)) == []


def test_what_stands_beside_a_row_can_be_columns(table, tmp_path):
    table.add_tag([1], "a tag")
    table.set_note(1, "a note")
    plan = ExportPlan(Container.TSV, beside=frozenset(Beside))
    export(table, tmp_path / "out.tsv", plan)
    with (tmp_path / "out.tsv").open(newline="", encoding="utf-8") as file:
        first = next(csv.DictReader(file, delimiter="\t"))
    assert first == {
        "id": "1",
        "prompt": "a",
        "completion": "b",
        "split": "train",
        "tags": "a tag",
        "note": "a note",
    }


TEXT = b"\n\nFirst,\nstill first.\r\n\r\n\r\nSecond.\n \nThird"


@pytest.mark.parametrize("each", list(Each))
def test_texts_join_as_they_came(tmp_path, each):
    (tmp_path / "in.md").write_bytes(TEXT)
    import_files(look_at(tmp_path / "in.md", each=each), tmp_path / "a.sqlite")
    with Dataset.open(tmp_path / "a.sqlite") as dataset:
        export(dataset, tmp_path / "out.md", ExportPlan(Container.TEXT))
        kept = TEXT if each is Each.FILE else TEXT.lstrip(b"\n")
        assert (tmp_path / "out.md").read_bytes() == kept
        if each is Each.PARAGRAPH:
            dataset.edit(1, "text", "Edited")
            dataset.insert(3, [Text("New")])
            export(dataset, tmp_path / "out.md", ExportPlan(Container.TEXT))
            assert (tmp_path / "out.md").read_bytes() == (
                b"Edited\r\n\r\n\r\nSecond.\n \nThird\n\nNew\n\n"
            )


def test_rows_are_chosen_by_split_and_by_id(tmp_path):
    path = made(tmp_path, [Triple(str(at), "", "x") for at in range(6)])
    with Dataset.open(path) as dataset:
        dataset.set_split([2, 4], "test")
        export(dataset, tmp_path / "a.jsonl", ExportPlan(split="test"))
        ids = np.array([5, 4, 1], np.int64)
        export(dataset, tmp_path / "b.jsonl", ExportPlan(ids=ids))
        export(dataset, tmp_path / "c.jsonl", ExportPlan(ids=ids, split="test"))
    read = {
        name: [
            json.loads(line)["instruction"]
            for line in (tmp_path / name).read_text("utf-8").splitlines()
        ]
        for name in ("a.jsonl", "b.jsonl", "c.jsonl")
    }
    assert read == {"a.jsonl": ["1", "3"], "b.jsonl": ["4", "3", "0"], "c.jsonl": ["3"]}


def test_a_packed_file_is_the_plain_one_packed(table, tmp_path):
    export(table, tmp_path / "a.csv", ExportPlan(Container.CSV))
    export(table, tmp_path / "a.csv.gz", ExportPlan(Container.CSV, packed=True))
    packed = gzip.decompress((tmp_path / "a.csv.gz").read_bytes())
    assert packed == (tmp_path / "a.csv").read_bytes()


def test_a_preview_is_how_the_file_begins(table, tmp_path):
    for container in FILES:
        plan = ExportPlan(container)
        export(table, tmp_path / "out", plan)
        whole = (tmp_path / "out").read_bytes().decode()
        assert whole.startswith(preview(table, plan, 2).rstrip("\r\n]"))


def test_half_a_character_in_another_column_is_written_as_its_escape():
    assert encoded('"a\ud83d"') == b'"a\\ud83d"'


def test_a_row_that_no_import_would_take_is_named(tmp_path):
    path = made(tmp_path, [Conversation(({"role": "user", "content": "a\ud83d"},))])
    with Dataset.open(path, read_only=True) as dataset:
        report = export(dataset, tmp_path / "out.jsonl")
    assert (report.rows, report.left_out) == (0, 1)
    assert "half of a character" in report.sentence


def test_an_export_that_is_stopped_leaves_what_was_there(tmp_path):
    path = made(tmp_path, [Triple("a", "", "b")])
    (tmp_path / "out.jsonl").write_text("before")
    with Dataset.open(path, read_only=True) as dataset, pytest.raises(Stopped):
        export(dataset, tmp_path / "out.jsonl", cancelled=lambda: True)
    assert (tmp_path / "out.jsonl").read_text() == "before"
    assert not list(tmp_path.glob("*.partial")) + list(tmp_path.glob(".*.partial"))


def test_a_full_disk_is_a_sentence(tmp_path, monkeypatch):
    path = made(tmp_path, [Triple("a", "", "b")])

    class Full(io.BytesIO):
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    with Dataset.open(path, read_only=True) as dataset:
        monkeypatch.setattr(Path, "open", lambda *_args, **_kept: Full())
        with pytest.raises(DiskFullError, match="The disk is full"):
            export(dataset, tmp_path / "out.jsonl")


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.jsonl", (Container.JSONL, False)),
        ("a.b.CSV.gz", (Container.CSV, True)),
        ("a.md", (Container.TEXT, False)),
    ],
)
def test_the_ending_says_what_a_file_is(name, found):
    assert container_of(Path(name)) == found


@pytest.mark.parametrize("name", ["a", "a.xlsx", "a.gz", "a.parquet.gz"])
def test_an_ending_that_says_nothing_is_refused(name):
    with pytest.raises(DataError):
        container_of(Path(name))


def test_a_plan_survives_its_way_through_json():
    plan = ExportPlan(
        Container.CSV, Layout.KTO, True, None, "test", frozenset(Beside), True, info=True
    )
    assert plan_of(json.loads(json.dumps(plan.body)), None) == plan


def test_every_layout_that_is_offered_can_be_written_as_a_row():
    for kind in Kind:
        for layout in layouts_for(kind):
            reading = STANDARD[layout]
            assert reading.layout is layout
            assert set(texts_of(EXAMPLE[kind])), kind


EXAMPLE = {
    Kind.TRIPLE: Triple("a", "b", "c"),
    Kind.CONVERSATION: Conversation(({"role": "user", "content": "a"},)),
    Kind.TEXT: Text("a"),
    Kind.PREFERENCE: Preference("a", "b", "c"),
}
