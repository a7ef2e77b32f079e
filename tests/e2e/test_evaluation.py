"""Evaluations on a tiny model: the same answers as one by one, nothing lost, honest columns."""

from __future__ import annotations

import json
import math

import pytest

from studio.core.evaluation import ColumnSpec, EvaluationState
from studio.core.evaluationmessages import EvaluationAdvanced, EvaluationEnded, PauseEvaluating
from studio.core.example import Triple
from studio.core.problems import DataError, ModelError
from studio.core.protocol import PROTOCOL
from studio.data.evaluations import Evaluations
from studio.data.store import Dataset
from studio.data.writtenanswers import WrittenAnswers
from tests.helpers.adapters import make_adapter
from tests.helpers.evaluating import evaluation_process, make_questions, setup_for

pytestmark = pytest.mark.slow
TOKENS = 16


@pytest.fixture(scope="module")
def adapter(tiny_model, tmp_path_factory):
    return make_adapter(tiny_model, tmp_path_factory.mktemp("adapters") / "tuned")


@pytest.fixture(scope="module")
def questions(tmp_path_factory):
    return make_questions(tmp_path_factory.mktemp("data") / "questions.sqlite")


def evaluated(store_path, setup, stopped=lambda: False, said=None):
    from studio.engine.evaluation import Evaluation
    from studio.engine.evaluationpace import Pace

    with Evaluations(store_path) as store, WrittenAnswers(store_path) as written:
        number = store.same(setup) or store.add(setup)
        store.begin(number)
        said = [] if said is None else said
        pace = Pace(1, said.append, lambda done, total: store.advance(number, done, total))
        state = Evaluation(store, written, number, pace, stopped).run()
        if state is not EvaluationState.DONE:
            store.end(number, state)
        return store.one(number), store.results(number), store.judged(number)


def alone(model_folder, adapter, questions):
    """Return the greedy answers of transformers and PEFT themselves, one question at a time."""
    import warnings

    import torch
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    model = AutoModelForCausalLM.from_pretrained(model_folder, dtype=torch.float32)
    if adapter is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # deprecations inside peft
            model = PeftModel.from_pretrained(model, str(adapter))
    tokenizer, made = AutoTokenizer.from_pretrained(model_folder), []
    for question in questions:
        asked = tokenizer.apply_chat_template(
            [{"role": "user", "content": question}],
            add_generation_prompt=True,
            return_tensors="pt",
            return_dict=True,
        )
        with torch.inference_mode():
            ids = model.eval().generate(**asked, max_new_tokens=TOKENS, do_sample=False)
        answer = ids[0, asked["input_ids"].shape[1] :]
        made.append(tokenizer.decode(answer, skip_special_tokens=True))
    return made


def test_every_column_answers_as_it_would_alone_one_question_at_a_time(
    tiny_model, adapter, questions, tmp_path
):
    dora = make_adapter(tiny_model, tmp_path / "dora", seed=3, use_dora=True)
    folders = {"base": None, "tuned": adapter, "dora": dora}
    columns = (ColumnSpec(name, str(folder or "")) for name, folder in folders.items())
    asked = {"limit": 6, "max_new_tokens": TOKENS}
    _, results, rows = evaluated(
        tmp_path / "e.sqlite", setup_for(questions, tiny_model, *columns, **asked)
    )
    assert results.rows == len(rows) == 6
    found = {name: [row.answers[name] for row in rows] for name in folders}
    for name, folder in folders.items():
        assert found[name] == alone(tiny_model, folder, [row.question for row in rows]), name
    assert found["base"] != found["tuned"] != found["dora"]


def test_answers_stand_beside_their_own_questions_where_a_row_is_too_long(tiny_model, tmp_path):
    with Dataset.create(tmp_path / "long.sqlite") as dataset:
        asked = ["word " * 9_000, "What is one?", "What is two?"]
        dataset.insert(0, [Triple(text, "", text[-5:]) for text in asked], "test")
    setup = setup_for(tmp_path / "long.sqlite", tiny_model, max_new_tokens=2)
    _, results, rows = evaluated(tmp_path / "e.sqlite", setup)
    assert (results.rows, results.left_out) == (2, 1)
    assert [(row.place, row.question, row.reference) for row in rows] == [
        (1, "What is one?", " one?"),
        (2, "What is two?", " two?"),
    ]
    assert all(row.answers["base"] for row in rows)


def test_the_likelihood_of_written_answers_is_the_loss_of_training(tiny_model, adapter, questions):
    import torch

    from studio.core.example import Triple
    from studio.data.evaluationrows import draw_rows
    from studio.engine.adapterfile import read_adapter
    from studio.engine.batches import collate
    from studio.engine.evaluationcolumns import Resident
    from studio.engine.evaluationplan import make_plan
    from studio.engine.likelihood import row_nats
    from studio.engine.loss import train_on_supervised_tokens
    from studio.engine.render import Renderer

    setup, grown = setup_for(questions, tiny_model, limit=6), read_adapter(adapter)
    rows, _ = draw_rows(setup)
    renderer = Renderer(tiny_model)
    plan = make_plan(rows, setup.columns, [], renderer, 2048)
    judged = plan.columns[0].references
    resident = Resident(setup, judged[0].ids.tolist())
    with resident.column(grown) as model:
        found = row_nats(model, judged, renderer.pad_id)
        train_on_supervised_tokens(model)
        for row, text, (nats, tokens) in zip(plan.rows, judged, found, strict=True):
            trained = renderer.row(Triple(row.question, "", row.reference), 2048)
            assert trained.ids == text.ids.tolist() and trained.trained == tokens
            with torch.no_grad():
                loss = model(**collate([text], renderer.pad_id)).loss
            assert nats / tokens == pytest.approx(float(loss), rel=1e-5)


def test_examples_before_the_question_are_another_column_of_the_base(
    tiny_model, questions, tmp_path
):
    columns = (ColumnSpec("base"), ColumnSpec("base + 2 examples", shots=2))
    asked = {"limit": 3, "max_new_tokens": 4}
    _, results, rows = evaluated(
        tmp_path / "e.sqlite", setup_for(questions, tiny_model, *columns, **asked)
    )
    assert len(rows) == 3
    base, shown = results.columns
    assert base.gains == {} and set(shown.gains) == set(shown.metrics)
    assert shown.metrics["perplexity"].value != base.metrics["perplexity"].value
    with Evaluations(tmp_path / "e.sqlite") as store:
        _, told = store.frozen(1)
    with_splits = {row.instruction: row.split for row in Dataset.open(questions, True).rows()}
    assert [with_splits[shot[0][1]] for shot in told["shots"]] == ["train", "train"]


def test_general_questions_stand_in_the_same_table(tiny_model, adapter, questions, tmp_path):
    from studio.engine.evaluationprobes import ACCURACY, LOSS

    columns = (
        ColumnSpec("base"),
        ColumnSpec("tuned", str(adapter)),
        ColumnSpec("base + 1 example", shots=1),
    )
    setup = setup_for(questions, tiny_model, *columns, limit=2, max_new_tokens=2, general=True)
    said = []
    summary, results, _ = evaluated(tmp_path / "e.sqlite", setup, said=said)
    base, tuned, shown = results.columns
    assert summary.done == summary.total == said[-1].total
    assert 0 < base.metrics[ACCURACY].value < 1
    assert tuned.gains[LOSS].value == pytest.approx(
        tuned.metrics[LOSS].value - base.metrics[LOSS].value
    )
    assert shown.metrics[LOSS] == base.metrics[LOSS]  # no examples before general questions
    assert "Asking general questions" in {message.what for message in said}


def test_labels_are_judged_as_a_classification(tiny_model, adapter, tmp_path):
    labelled = make_questions(tmp_path / "labels.sqlite", rows=8, labels=True)
    columns = (ColumnSpec("base"), ColumnSpec("tuned", str(adapter)))
    _, results, _ = evaluated(
        tmp_path / "e.sqlite", setup_for(labelled, tiny_model, *columns, max_new_tokens=3)
    )
    assert results.labels == ("no", "yes") and results.main == "accuracy"
    for column in results.columns:
        assert [sum(row) for row in column.matrix] == [4, 4]
        assert 0 <= column.metrics["auc"].value <= 1
        assert set(column.label_scores) == {"no", "yes"}


def test_a_pause_keeps_what_was_answered_and_the_rest_follows(
    tiny_model, adapter, questions, tmp_path
):
    columns = ColumnSpec("base"), ColumnSpec("tuned", str(adapter))
    setup = setup_for(questions, tiny_model, *columns, limit=6, max_new_tokens=6)
    whole = evaluated(tmp_path / "whole.sqlite", setup)
    said = []
    paused = evaluated(
        tmp_path / "e.sqlite", setup, lambda: bool(said) and said[-1].column == "tuned", said
    )
    assert paused[0].state is EvaluationState.PAUSED and paused[1] is None
    assert 0 < paused[0].done < paused[0].total
    resumed = evaluated(tmp_path / "e.sqlite", setup, said=(again := []))
    assert resumed[0].id == paused[0].id and resumed[0].state is EvaluationState.DONE
    assert resumed[2] == whole[2]
    assert "base" not in {message.column for message in again}  # nothing was asked twice


def kept_answers(store):
    return store._file.execute("SELECT count(*) FROM answers").fetchone()[0]


def test_a_killed_process_loses_no_answer_that_was_told_and_a_pause_is_heard(tiny_model, tmp_path):
    store_path = tmp_path / "e.sqlite"
    # four batches, each long enough for a signal to arrive in the middle of the next
    rows = make_questions(tmp_path / "many.sqlite", rows=60)
    setup = setup_for(rows, tiny_model, max_new_tokens=150)
    with Evaluations(store_path) as store:
        number = store.add(setup)
    with evaluation_process(store_path, number) as (process, messages):
        for message in messages:
            if isinstance(message, EvaluationAdvanced) and message.done > 0:
                process.kill()  # with SIGKILL
                break
    with Evaluations(store_path) as store:
        lost, kept = store.one(number), kept_answers(store)
        assert lost.state is EvaluationState.PAUSED and not lost.alive
        assert 0 < lost.done <= kept < 60
    with evaluation_process(store_path, number) as (process, messages):
        counts = []
        for message in messages:
            if isinstance(message, EvaluationAdvanced) and message.what == "Writing answers":
                process.stdin.write(PROTOCOL.encode(PauseEvaluating(id=1)))
                process.stdin.flush()
            if isinstance(message, EvaluationAdvanced) and message.total:
                counts.append(message.done)
            last = message
        assert process.wait() == 0
    assert counts[-1] >= lost.done  # gone on with, not begun again
    assert isinstance(last, EvaluationEnded) and last.state == "paused"
    with Evaluations(store_path) as store:
        assert store.one(number).state is EvaluationState.PAUSED
        assert kept <= kept_answers(store) < 60


def test_halves_of_characters_in_the_rows_are_asked_as_question_marks(tmp_path):
    from studio.core.evaluation import EvaluationRow

    half = "half \ud83d of a face"
    with Evaluations(tmp_path / "e.sqlite") as store:
        number = store.add(setup_for(tmp_path / "d.sqlite", tmp_path / "m"))
        rows = [EvaluationRow(1, half, half, (("user", half),))]
        store.freeze(number, rows, {"shots": [], "left_out": 0, "warnings": []})
        found, _ = store.frozen(number)
    assert found[0].question == found[0].reference == "half ? of a face"


def test_what_cannot_be_evaluated_is_said(tiny_model, adapter, questions, tmp_path):
    store = tmp_path / "e.sqlite"
    with pytest.raises(DataError, match="no validation rows"):
        evaluated(store, setup_for(questions, tiny_model, split="validation"))
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "adapter_config.json").write_text(json.dumps({"peft_type": "LORA", "r": 4}))
    (broken / "adapter_model.bin").write_bytes(b"")
    columns = ColumnSpec("base"), ColumnSpec("broken", str(broken))
    with pytest.raises(ModelError, match="can run code"):
        evaluated(store, setup_for(questions, tiny_model, *columns))
    idle = make_adapter(tiny_model, tmp_path / "wide", target_modules=["q_proj"])
    config = json.loads((idle / "adapter_config.json").read_text())
    config["target_modules"] = ["k_proj"]
    (idle / "adapter_config.json").write_text(json.dumps(config))
    columns = ColumnSpec("base"), ColumnSpec("wide", str(idle))
    with pytest.raises(ModelError, match="another base"):
        evaluated(store, setup_for(questions, tiny_model, *columns))


def test_numbers_that_json_lacks_are_kept_as_unknown(tmp_path):
    from studio.core.evaluation import ColumnResult, Results, Score, results_body, results_of

    column = ColumnResult(name="base", metrics={"auc": Score(math.nan, 0.0, 1.0)})
    body = json.loads(json.dumps(results_body(Results(columns=(column,), rows=1)), allow_nan=False))
    found = results_of(body).columns[0].metrics["auc"]
    assert math.isnan(found.value) and found.high == 1.0
