"""A run's report: what it says, that it needs nothing else, that foreign texts stay texts."""

from __future__ import annotations

import html.parser
import json
import re
from pathlib import Path

import pytest

from studio.cli import run_command
from studio.core.evaluation import (
    BASE,
    ColumnResult,
    ColumnSpec,
    EvaluationRow,
    EvaluationSetup,
    Gain,
    Results,
    Score,
)
from studio.core.events import (
    EVENTS,
    CheckpointCommitted,
    Evaluated,
    RolledBack,
    RunEnded,
    RunStarted,
    Sampled,
    StepDone,
)
from studio.core.problems import DataError, RunError
from studio.core.recipe import Recipe
from studio.core.reportbars import Interval, intervals_svg
from studio.core.reportmatrix import matrix_svg, matrix_words
from studio.core.reportpictures import WIDTH, Curve, Plot, plot_svg, ticks
from studio.core.reporttext import LONGEST, fenced, in_markdown, one_line, quoted
from studio.core.votes import Choice, Vote
from studio.core.workspace import Workspace
from studio.data.evaluations import Evaluations, JudgedRow
from studio.data.modelcard import card_text, write_card
from studio.data.recipefile import write_recipe
from studio.data.report import report_of, write_report
from studio.data.reportfacts import facts_of
from studio.data.votes import Votes

RUN = "2026-11-22-hotel-1"
HOSTILE = (
    '<script>alert(1)</script><img src="http://evil.example/x.png" onerror=alert(2)>'
    "[link](javascript:alert(3)) ![p](https://evil.example/p.png)\x00\x1b[31m\u202eabc"
    "\n# heading\n```\n</p></div></section>&amp; | cell\n"
)


class Page(html.parser.HTMLParser):
    """Collects what a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.links, self.words, self.open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in ("meta", "circle", "rect", "path"):
            self.open.append(tag)
        self.links += [v for n, v in attrs if n in ("src", "href", "xlink:href") or n[:2] == "on"]

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words.append(data)


def events():
    at = {"time": 1_795_300_000.0}
    yield RunStarted(
        run=RUN, total_steps=8, pid=1, device="cpu", precision="bf16", quantization="nf4",
        trainable_parameters=10, total_parameters=1000, predicted_peak_bytes=3 << 30, **at,
    )  # fmt: skip
    ranges = {"general_loss_change": [0.02, 0.3]}
    for step in (0, 4, 8):
        yield Evaluated(
            step=step, target_loss=4.0 - step / 4, general_loss=2.0 + step / 50,
            general_accuracy=0.5, drift=0.1, general_ranges=ranges if step else {},
        )  # fmt: skip
        answer = {"id": "prompt 1", "prompt": HOSTILE, "answer": f"{HOSTILE} at {step}"}
        yield Sampled(step=step, answers=[answer | {"reference": "written"}])
        for after in range(step + 1, min(step + 4, 8) + 1):
            yield StepDone(
                step=after, loss=4.0 - after / 4, learning_rate=1e-3, grad_norm=1.0,
                tokens=100, trained_tokens=50, seconds=2.0,
            )  # fmt: skip
    yield CheckpointCommitted(step=8, path="checkpoints/step-000008")
    yield RunEnded(outcome="done", run=RUN, step=8, adapter="adapter", measured_peak_bytes=2 << 30)


def evaluate(workspace, dataset="hotel", split="test"):
    columns = (ColumnSpec(BASE), ColumnSpec(RUN, "adapter", str(workspace.run(RUN).path)))
    setup = EvaluationSetup(dataset=f"x/{dataset}.sqlite", model="m", columns=columns, split=split)
    results = Results(
        columns=(
            ColumnResult(name=BASE, metrics={"token_f1": Score(0.1, 0.05, 0.2)}, tokens_per_second=20.0),
            ColumnResult(
                name=RUN,
                metrics={"token_f1": Score(0.6, 0.5, 0.7)},
                gains={
                    "token_f1": Gain(0.5, 0.4, 0.6, 0.0001),
                    "general_loss": Gain(0.4, 0.2, 0.6, 0.01),
                },
                tokens_per_second=10.0,
            ),
        ),
        rows=1, precision="bf16", quantization="nf4", device="cpu",
    )  # fmt: skip
    row = EvaluationRow(7, HOSTILE, "written", (("user", HOSTILE),))
    scores = {BASE: {"token_f1": 0.1}, RUN: {"token_f1": 0.6}}
    judged = JudgedRow(0, 7, "q", "r", {BASE: "no", RUN: "yes"}, scores)
    with Evaluations(workspace.evaluations) as store:
        number = store.add(setup)
        store.freeze(number, [row], {})
        store.finish(number, results, [judged])


@pytest.fixture
def workspace(tmp_path):
    made = Workspace(tmp_path / "ws").create()
    folder = made.run(RUN)
    folder.rows.parent.mkdir(parents=True)
    write_recipe(Recipe(model="m", dataset="hotel", rank=32, title=HOSTILE[:80]), folder.recipe)
    folder.events.write_bytes(b"".join(EVENTS.encode(event) for event in events()))
    row = {"row": 1, "split": "train", "instruction": "one two", "input": "", "output": "three"}
    folder.rows.write_text(json.dumps(row) + "\n")
    origin = {"rows": {"train": 1}, "rows_sha256": "ab" * 32, "versions": {"torch": "2.13"}}
    folder.origin.write_text(json.dumps(origin))
    folder.adapter.mkdir()
    (folder.adapter / "adapter_config.json").write_text("{}")
    evaluate(made)
    return made


def test_a_page_has_no_script_and_no_link_whatever_models_say(workspace):
    text = write_report(workspace, RUN).html.read_text(encoding="utf-8")
    page = Page(text)
    assert not page.links and not page.open
    assert not {"script", "img", "a", "iframe", "link", "object"} & set(page.tags)
    assert "default-src 'none'" in text
    words = "".join(page.words)
    assert "<script>alert(1)</script>" in words and "at 8" in words
    assert not re.search("[\x00\x1b\u202e]", text)


def test_the_page_says_what_was_gained_forgotten_measured_and_changed(workspace):
    words = " ".join("".join(Page(write_report(workspace, RUN).html.read_text()).words).split())
    assert "Held-out loss fell by 2.00 nats a token, from 4.00 to 2.00 at step 8." in words
    assert "measured 2.00 GiB, predicted before the start 3.00 GiB" in words
    assert "−0.160" in words  # general answers at step 8
    assert f"{RUN} against the base. Better: +0.50 word F1 (0.40 to 0.60)." in words
    assert "at most once in 1,000 times" in words
    assert "Worse: +0.40 general loss (0.20 to 0.60)." in words
    assert "Speed of" in words and "0.50 times the base" in words
    assert "Rank3216Room in the branch" in words
    assert "< 0.001" in words  # never p = 0.000
    assert "ab" * 32 in words and "torch" in words


def test_steps_that_were_taken_back_are_not_in_the_curves(workspace):
    folder = workspace.run(RUN)
    with folder.events.open("ab") as file:
        file.write(EVENTS.encode(RolledBack(step=8, to_step=5, reason="asked")))
    history = facts_of(workspace, RUN).history
    assert max(history.losses) == 5 and max(history.evaluations) == 4 and max(history.samples) == 4


def test_markdown_holds_no_html_and_no_link_outside_of_quoted_text(workspace):
    text = write_report(workspace, RUN).markdown.read_text(encoding="utf-8")
    outside = re.sub(r"(?ms)^(`{3,})text\n.*?^\1$", "", text)
    assert "alert(1)" in text and "<script" not in outside
    assert not re.search(r"(?<!\\)\]\(", outside) and "://" not in outside.replace("\\://", "")
    assert "| Rank | 32 | 16 |" in text


@pytest.mark.parametrize("run", ["nobody", ""])
def test_a_run_that_is_not_there_is_said(workspace, run):
    with pytest.raises(RunError):
        write_report(workspace, run)


def test_a_report_without_events_rows_or_evaluations_says_less(tmp_path):
    made = Workspace(tmp_path / "ws").create()
    made.run("r").path.mkdir()
    write_recipe(Recipe(model="m", dataset="d"), made.run("r").recipe)
    titles = [s.title for s in report_of(facts_of(made, "r")).sections if s.blocks]
    assert titles == ["In short", "Data", "Recipe", "How to make it again"]


def test_the_file_must_be_named_as_a_page_and_be_writable(workspace, tmp_path):
    with pytest.raises(DataError, match="not named like one"):
        write_report(workspace, RUN, tmp_path / "report.pdf")
    with pytest.raises(DataError, match="cannot be written"):
        write_report(workspace, RUN, tmp_path / "nowhere" / "report.html")
    assert not list(tmp_path.glob(".*partial"))


def test_a_card_has_front_matter_and_spares_one_that_somebody_wrote(workspace):
    place = write_card(workspace, RUN)
    front = place.read_text(encoding="utf-8").split("---")[1]
    for line in (
        'base_model: "m"',
        "library_name: peft",
        "license: other",
        '- "hotel"',
        '- "lora"',
    ):
        assert line in front
    assert write_card(workspace, RUN) == place
    place.write_text("# mine")
    with pytest.raises(RunError, match="somebody else"):
        write_card(workspace, RUN)
    assert place.read_text() == "# mine"


def test_a_card_keeps_a_hostile_title_in_its_place(workspace):
    text = card_text(facts_of(workspace, RUN))
    assert text.count("\n---\n") == 1 and "<script>" not in text


def test_huge_and_unseen_texts_are_cut_with_the_count_of_the_rest():
    assert quoted("x" * (LONGEST + 50)).endswith("… (50 more characters)")
    assert quoted("a\r\nb\x07\u200b\ud800") == "a\nb\ufffd\ufffd\ufffd"
    assert len(one_line("word " * 10_000)) == 201
    assert fenced("a ```` b").startswith("`````text\n")
    assert in_markdown("1. *a* <b> www.x.y http://z") == (
        "1\\. \\*a\\* &lt;b&gt; www\\.x.y http\\://z"
    )


def test_ticks_are_round_numbers_inside_the_ends():
    assert ticks(0, 1) == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert ticks(3.6, 4.8) == pytest.approx([3.75, 4.0, 4.25, 4.5, 4.75])
    assert ticks(2.0, 2.0) == [2.0] and ticks(float("nan"), 1) == []


def test_pictures_hold_gaps_and_foreign_names():
    curve = Curve("<b>&", "leaf", [(1, 1.0), (2, float("nan")), (3, 2.0)], "circle")
    drawn = plot_svg(Plot([curve], "step", "nats", "told <i>", (1.5, "the base"), 1.2))
    assert drawn.count("<circle") == 2 and "nan" not in drawn and "<b>" not in drawn
    path = re.search(r'class="line leaf" d="([^"]+)"', drawn)[1]
    assert path.count("M") == 2
    nothing = intervals_svg([Interval("<x>", float("nan"), 0, 1, "–")], "told")
    assert "<circle" not in nothing and "&lt;x&gt;" in nothing


def classified(workspace, labels, matrix):
    columns = (ColumnSpec(BASE), ColumnSpec(RUN, "adapter", str(workspace.run(RUN).path)))
    setup = EvaluationSetup(dataset="x/mood.sqlite", model="m", columns=columns)
    found = ColumnResult(
        name=RUN,
        metrics={"accuracy": Score(0.7, 0.5, 0.9)},
        matrix=matrix,
        label_scores={labels[0]: [0.75, 0.5, float("nan"), 6]},
    )
    base = ColumnResult(name=BASE, metrics={"accuracy": Score(0.1, 0.0, 0.2)})
    results = Results(columns=(base, found), rows=10, labels=labels, main="accuracy")
    row = EvaluationRow(1, "q", "yes", (("user", "q"),))
    judged = JudgedRow(0, 1, "q", "yes", {BASE: "no", RUN: "yes"}, {BASE: {}, RUN: {}})
    with Evaluations(workspace.evaluations) as store:
        number = store.add(setup)
        store.freeze(number, [row], {})
        store.finish(number, results, [judged])


def test_a_classification_is_drawn_as_a_matrix_with_its_commonest_mistake(workspace):
    classified(workspace, ("yes", "<b>no</b>"), [[3, 2, 1], [0, 4, 0]])
    written = write_report(workspace, RUN)
    text = written.html.read_text(encoding="utf-8")
    words = "".join(Page(text).words)
    assert "7 of 10 answers have the written label, 70\u00a0%." in words
    assert "The commonest mistake: yes answered as <b>no</b>, 2 times." in words
    drawn = next(part for part in text.split("<svg")[1:] if "answered →" in part)
    assert drawn.count('class="trough"') == 6  # every cell
    assert drawn.count("fill-leaf") == 2 and drawn.count("fill-clay") == 2
    assert "label by label" in words and "0.75" in words and "<b>no</b></text>" not in text
    assert "| yes | 3 | 2 | 1 |" in written.markdown.read_text()


def test_a_matrix_of_twenty_long_labels_stays_inside_the_picture():
    labels = [f"a label with a long name {n}" for n in range(20)]
    matrix = [[0] * 20 + [n] for n in range(20)]
    drawn = matrix_svg(labels, matrix, "told")
    right = [
        float(x) + float(w) for x, w in re.findall(r'x="([\d.]+)" y="\d+" width="([\d.]+)"', drawn)
    ]
    assert len(right) == 20 * 21 + 19 and max(right) <= WIDTH
    assert matrix_words(labels, matrix).startswith("0 of 190 answers")
    assert "none of the labels, 19 times" in matrix_words(labels, matrix)
    assert matrix_words(["a"], [[0, 0]]) == "0 of 0 answers have the written label."


def test_blind_votes_stand_in_the_report_with_their_interval(workspace):
    with Votes(workspace.evaluations) as store:
        number = store.begin(1, BASE, RUN, 7)
        store.vote(number, Vote(0, Choice.SECOND, 5, ("<b>short</b>",)))
    text = write_report(workspace, RUN).html.read_text(encoding="utf-8")
    assert f"{RUN} won 1 of 1 decided votes, 100\u00a0% (95 %: 21\u00a0% to 100\u00a0%)" in text
    assert "9 more decided votes at least" in text and "&lt;b&gt;short&lt;/b&gt;" in text
    assert "won 1 of 1 decided votes" in card_text(facts_of(workspace, RUN))


def test_the_command_writes_page_markdown_and_card_and_names_them(workspace, tmp_path, capsys):
    place = tmp_path / "page.html"
    shared = ["--workspace", str(workspace.path)]
    assert run_command(["report", RUN, "--out", str(place), "--card", "--json", *shared]) == 0
    told = json.loads(capsys.readouterr().out)
    card = workspace.run(RUN).adapter / "README.md"
    assert told == {
        "run": RUN,
        "html": str(place),
        "markdown": str(place.with_suffix(".md")),
        "card": str(card),
    }
    assert place.is_file() and card.is_file() and place.with_suffix(".md").is_file()
    assert run_command(["report", RUN, *shared]) == 0
    assert capsys.readouterr().out.splitlines()[0] == str(workspace.run(RUN).path / "report.html")
    assert run_command(["report", "nobody", "--json", *shared]) == 1
    assert "There is no run named nobody" in capsys.readouterr().err


def test_only_checkpoints_that_are_still_there_are_filled(workspace):
    text = write_report(workspace, RUN).html.read_text(encoding="utf-8")
    assert 'class="leaf open"' in text and 'class="leaf fill-leaf"' not in text


def test_a_look_at_the_adapter_and_benchmarks_stand_in_the_report(workspace):
    from studio.core.benchmarks import BenchmarkScore
    from studio.core.evaluation import EvaluationState
    from studio.core.readiness import ReadinessSetup
    from studio.data.benchmarks import Benchmarks
    from studio.data.readiness import ReadinessLooks
    from tests.helpers.readyfound import found

    made = found()
    with ReadinessLooks(workspace.evaluations) as store:
        number = store.add(
            ReadinessSetup(run=str(workspace.run(RUN).path), name="x", adapter="a", model="m")
        )
        for name, part in (
            ("speed", made.speeds),
            ("rule", made.routing),
            ("merging", made.merging),
        ):
            store.keep(number, name, part)
        store.end(number, EvaluationState.DONE)
    facts = facts_of(workspace, RUN)
    with Benchmarks(workspace.evaluations) as kept:
        for column in ("base", RUN):
            kept.keep(
                facts.measured[0].summary.id,
                [BenchmarkScore(column, "arc_easy", "acc", 0.5, 0.02, 50, 0, True, "1")],
            )
    page = write_report(workspace, RUN).html.read_text(encoding="utf-8")
    assert "Merged, 1 of 3 answers stay word for word." in page
    assert "A rule by words sends" in page and "Tokens a second" in page
    assert "arc_easy" in page and "0.500 ± 0.020" in page


def test_what_was_held_out_of_the_runs_own_dataset_comes_first(workspace):
    evaluate(workspace, "others")
    evaluate(workspace, split="train")
    found = facts_of(workspace, RUN).measured
    told = [(Path(m.summary.setup.dataset).stem, m.summary.setup.split) for m in found]
    assert told == [("hotel", "test"), ("hotel", "train"), ("others", "test")]
