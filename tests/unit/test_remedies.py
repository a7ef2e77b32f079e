"""Each remedy keeps a model closer to its base, and says where it cannot."""

from __future__ import annotations

import math
from types import SimpleNamespace

import pytest

from tests.helpers.guardedruns import FAST, NARROW, evaluations, remarks, work
from tests.helpers.runfolders import make_run

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore::FutureWarning", "ignore::DeprecationWarning"),
]


class Parrot:
    """Answers each question with the same tokens, and says the last one for ever."""

    training = False

    def __init__(self, ids):
        import torch
        from transformers import LlamaConfig

        self._ids, self._said = ids, 0
        self.config, self.device = LlamaConfig(), torch.device("cpu")

    def eval(self):
        self.train(False)

    def get_output_embeddings(self):
        return None

    def train(self, training):
        self.training = training

    def __call__(self, input_ids, **_kwargs):
        import torch

        self._said = 0 if input_ids.shape[1] > 1 else self._said + 1
        token = torch.tensor(self._ids[min(self._said, len(self._ids) - 1)])
        logits = torch.nn.functional.one_hot(token, self.config.vocab_size).float()
        return SimpleNamespace(logits=logits.expand(len(input_ids), 1, -1))


def test_own_answers_end_where_the_base_ends_them_or_at_their_last_sentence(tiny_model):
    from studio.core.example import Triple
    from studio.engine.render import Renderer
    from studio.engine.replay import answered_by_base

    renderer = Renderer(tiny_model)
    rows = [Triple("Count"), Triple("Count to ten, and be quick about it")]
    ids = renderer.tokenizer("One two. Three")["input_ids"]
    ended = answered_by_base(Parrot([*ids, renderer.end_id, 7]), renderer, rows)
    assert [row.output for row in ended] == ["One two. Three", "One two. Three"]
    assert [row.instruction for row in ended] == [row.instruction for row in rows]
    assert answered_by_base(Parrot(ids), renderer, rows)[0].output == "One two."
    endless = renderer.tokenizer("One two Three")["input_ids"]
    assert answered_by_base(Parrot(endless), renderer, rows) == []


def test_a_base_that_says_nothing_is_told_and_the_run_goes_on(tmp_path, tiny_model):
    table = {"enabled": False, "replay": 0.5, "replay_from": "own"}
    table |= {"l2": 0.1, "ewc": 1.0, "kl": 1.0}  # of these L2 alone needs no general row
    run = make_run(tmp_path, tiny_model, NARROW, tables={"guard": table}, max_steps=3)
    assert work(run).outcome == "done"
    assert remarks(run, "no_general_rows")


def _losses(place, model, table, **settings):
    run = make_run(place, model, NARROW, tables={"guard": FAST | table}, **settings)
    assert work(run).outcome == "done"
    return evaluations(run)[-1]


@pytest.mark.parametrize(
    "table", [{"replay": 0.5}, {"kl": 5.0}, {"l2": 20.0}, {"ewc": 20.0, "fisher_rows": 8}]
)
def test_each_remedy_keeps_the_model_closer_to_its_base(tmp_path, tiny_model, plain_end, table):
    settings = {"max_steps": 12, "eval_steps": 12, "save_steps": 50}
    kept = _losses(tmp_path, tiny_model, table, **settings)
    assert math.isfinite(kept.target_loss)
    assert kept.drift < plain_end.drift


@pytest.fixture(scope="module")
def plain_end(tmp_path_factory, tiny_model):
    """The last evaluation of a run without a remedy."""
    place = tmp_path_factory.mktemp("plain")
    return _losses(place, tiny_model, {}, max_steps=12, eval_steps=12, save_steps=50)


def test_each_layer_learns_slower_than_the_one_above(tiny_model):
    import torch
    from transformers import AutoModelForCausalLM

    from studio.engine.remedies import slower_below

    model = AutoModelForCausalLM.from_pretrained(tiny_model)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.1)
    before = {id(w) for group in optimizer.param_groups for w in group["params"]}
    slower_below(optimizer, model, 0.5)
    rates = {id(w): g["lr"] for g in optimizer.param_groups for w in g["params"]}
    assert rates.keys() == before
    assert optimizer.param_groups[0]["lr"] == 0.1
    for name, weight in model.named_parameters():
        assert rates[id(weight)] == (0.05 if ".layers.0." in name else 0.1), name
