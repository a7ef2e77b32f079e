"""A judge model and running text on the tiny model: both orders, kept, gone on with; no answers."""

from __future__ import annotations

import math

import pytest

from studio.core.evaluation import ColumnSpec, EvaluationState
from studio.core.example import Kind, Text
from studio.core.problems import DataError
from studio.data.evaluations import Evaluations
from studio.data.judgements import Judgements
from studio.data.store import Dataset
from studio.data.writtenanswers import WrittenAnswers
from tests.helpers import fakeevaluation
from tests.helpers.adapters import make_adapter
from tests.helpers.evaluating import make_questions, setup_for

pytestmark = pytest.mark.slow


def evaluated(path, setup):
    from studio.engine.evaluation import Evaluation
    from studio.engine.evaluationpace import Pace

    with Evaluations(path) as store, WrittenAnswers(path) as written:
        number = store.add(setup)
        pace = Pace(1, lambda message: None, lambda done, total: None)
        assert Evaluation(store, written, number, pace, lambda: False).run() == "done"
        return store.results(number), store.judged(number)


def judged(path, number, model, stopped=lambda: False):
    from studio.engine.evaluationpace import Pace
    from studio.engine.judge import Judge

    said = []
    with Evaluations(path) as store, Judgements(path) as kept:
        pace = Pace(1, said.append, lambda done, total: None)
        state = Judge(store, kept, number, model, pace, stopped).run()
        return state, kept.of(number), said


@pytest.fixture
def done(tiny_model, tmp_path):
    path = tmp_path / "e.sqlite"
    columns = (ColumnSpec("base"), ColumnSpec("tuned", "/nowhere"))
    with Evaluations(path) as store:
        number = store.add(setup_for(tmp_path / "d.sqlite", tiny_model, *columns))
        fakeevaluation.keep_results(store, number)
    return path, number


def test_a_judge_is_asked_in_both_orders_and_goes_on_where_it_was_paused(tiny_model, done):
    state, _, _ = judged(*done, tiny_model, lambda: True)
    assert state is EvaluationState.PAUSED
    state, (found,), said = judged(*done, tiny_model)
    assert state is EvaluationState.DONE and found.done
    assert found.pairs == len(found.judgements) == 9
    assert all(0 < j.first < 1 and 0 < j.second < 1 for j in found.judgements)
    assert said[-1].done == said[-1].total == 9
    again, (same,), said = judged(*done, tiny_model)
    assert again is EvaluationState.DONE and same.judgements == found.judgements
    assert "Loading the judge" not in {message.what for message in said}


def test_likelihoods_are_those_of_the_letters_after_the_whole_question(tiny_model, done):
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    from studio.core.judging import question_for_judge

    _, (found,), _ = judged(*done, tiny_model)
    with Evaluations(done[0]) as store:
        row = store.judged(done[1])[2]
    model = AutoModelForCausalLM.from_pretrained(tiny_model, dtype=torch.float32).eval()
    tokenizer = AutoTokenizer.from_pretrained(tiny_model)
    words = question_for_judge(
        row.question, row.reference, row.answers["tuned"], row.answers["base"]
    )
    asked = tokenizer.apply_chat_template(
        [{"role": "user", "content": words}],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    letters = [tokenizer(x, add_special_tokens=False)["input_ids"][0] for x in "AB"]
    with torch.inference_mode():
        chance = model(**asked).logits[0, -1, letters].softmax(0)[0]
    mine = next(j for j in found.judgements if j.place == 2)
    assert mine.first == pytest.approx(float(chance), rel=1e-4)


def test_running_text_is_judged_by_perplexity_alone(tiny_model, tmp_path):
    path = tmp_path / "texts.sqlite"
    dataset = Dataset.create(path, Kind.TEXT)
    texts = [Text(f"A story of {n} guests who came by train. " * 3) for n in range(5)]
    dataset.insert(0, texts, "test")
    dataset.close()
    columns = (
        ColumnSpec("base"),
        ColumnSpec("tuned", str(make_adapter(tiny_model, tmp_path / "tuned"))),
    )
    results, rows = evaluated(tmp_path / "e.sqlite", setup_for(path, tiny_model, *columns))
    base, tuned = results.columns
    assert list(base.metrics) == ["perplexity"] and results.main == "perplexity"
    assert math.isfinite(tuned.gains["perplexity"].value)
    assert base.metrics["perplexity"].value != tuned.metrics["perplexity"].value
    assert results.rows == len(rows) == 5 and "running text" in results.warnings[0]
    with pytest.raises(DataError, match="no two answers"):
        judged(tmp_path / "e.sqlite", 1, tiny_model)


def test_general_questions_that_were_trained_on_are_left_out(tiny_model, tmp_path):
    import json

    from studio.core.probes import bundled_probes
    from studio.core.workspace import RunFolder
    from studio.data.probeleaks import without_leaks

    probes = bundled_probes()
    run = RunFolder(tmp_path / "run")
    run.rows.parent.mkdir(parents=True)
    rows = [
        {"row": at, "split": split, "instruction": probe.question, "input": "", "output": "So."}
        for at, (probe, split) in enumerate([(probes[0], "train"), (probes[1], "test")], 1)
    ]
    run.rows.write_text("\n".join(json.dumps(row) for row in rows))
    column = ColumnSpec("tuned", "/a", str(run.path))
    setup = setup_for(make_questions(tmp_path / "q.sqlite", 2), tiny_model, column)
    shown = [[("user", probes[2].question), ("assistant", "So.")]]
    kept, told = without_leaks(probes, setup, shown)
    names = {probe.id for probe in kept}
    assert probes[0].id not in names and probes[2].id not in names and probes[1].id in names
    assert "among the examples" in told[0] and "in the training rows too" in told[1]
