"""What one column of an evaluation still has to do: answers to write, texts to judge."""

from __future__ import annotations

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import psutil
import torch

from studio.core.evaluation import EvaluationSetup
from studio.data.writtenanswers import KeptAnswer, WrittenAnswers
from studio.engine.batchanswers import Way, batch_answers, length_sorted
from studio.engine.evaluationkeys import Keys
from studio.engine.evaluationpace import Pace
from studio.engine.evaluationplan import ColumnPlan
from studio.engine.evaluationscores import Written
from studio.engine.likelihood import row_nats
from studio.engine.render import Renderer
from studio.engine.rowsfile import TokenRow
from studio.engine.sampling import Sampler

MOST_ROWS = {"cpu": 16, "cuda": 64}
"""Rows of a batch at most; more would wait for the longest answer in vain."""
_JUDGED_TOKENS = 4096
"""Tokens of a batch of texts to be judged."""
_OF_FREE = 0.3
"""Share of the free memory that the answers' caches may take."""
_KEEP_SECONDS = 1.0


class ColumnWork:
    """The work of one column, what is known of it already and what is not.

    Args:
        plan: what the column is asked.
        keys: what its answers are kept under.
        written: where they are kept.
        pace: told of every piece.
        stopped: asked all the time; true ends the work behind the piece in hand.
    """

    def __init__(
        self,
        plan: ColumnPlan,
        keys: Keys,
        written: WrittenAnswers,
        pace: Pace,
        stopped: Callable[[], bool],
    ) -> None:
        self._plan, self._written, self._pace, self._stopped = plan, written, pace, stopped
        self._prompts = {keys.answer(prompt): prompt for prompt in plan.prompts}
        self._asked = [keys.answer(prompt) for prompt in plan.prompts]
        texts = [*plan.references, *(row for rows in plan.labels for row in rows)]
        self._judged = [
            keys.likelihood(row.ids.tolist(), int(row.trained.argmax())) for row in texts
        ]
        self._texts = dict(zip(self._judged, texts, strict=True))
        self._answers = written.answers(self._asked)
        self._nats = written.likelihoods(self._judged)
        self._times = Counter([*self._asked, *self._judged])  # rows may ask the same
        answers, nats = self._count(self._open_prompts), self._count(self._open_texts)
        pace.known(self._times.total() - answers - nats)
        pace.wait("answer", answers)
        pace.wait("text", nats)

    @property
    def waits(self) -> bool:
        """Whether something is still to be done."""
        return bool(self._open_prompts or self._open_texts)

    @property
    def _open_prompts(self) -> list[str]:
        return [key for key in self._prompts if key not in self._answers]

    @property
    def _open_texts(self) -> list[str]:
        return [key for key in self._texts if key not in self._nats]

    def carry_out(
        self, model: Any, setup: EvaluationSetup, renderer: Renderer, context: int
    ) -> None:
        """Write the answers and judge the texts that are not known yet, until it is stopped.

        Args:
            model: a causal language model with the column's adapter on.
            setup: the sampler.
            renderer: its tokenizer and the tokens that end answers.
            context: longest sequence in tokens.
        """
        name = self._plan.spec.name
        way = Way(
            Sampler(setup.temperature, setup.top_p, setup.seed),
            setup.max_new_tokens,
            renderer.stop_ids,
            context,
        )
        if self._prompts:
            self._pace.say("Writing answers", name)
            self._write(model, way, renderer.tokenizer)
        if not self._stopped():
            self._pace.say(
                "Reading the written answers" if self._prompts else "Reading texts", name
            )
            self._judge(model, renderer.pad_id)

    def result(self) -> Written:
        """Return all that the column wrote; only when nothing waits."""
        rows = len(self._plan.references)
        nats = [self._nats[key] for key in self._judged[:rows]]
        labels, at = [], rows
        for texts in self._plan.labels:
            labels.append([self._nats[key][0] for key in self._judged[at : at + len(texts)]])
            at += len(texts)
        answers = [self._answers[key] for key in self._asked]
        return Written(self._plan.spec.name, answers, nats, labels)

    def _count(self, keys: Iterable[str]) -> int:
        return sum(self._times[key] for key in keys)

    def _write(self, model: Any, way: Way, tokenizer: Any) -> None:
        most = MOST_ROWS[model.device.type]
        while (keys := self._open_prompts) and not self._stopped():
            lengths = [len(self._prompts[key]) for key in keys]
            size = _rows_at_once(model, way.max_new_tokens, most)
            try:
                for batch in length_sorted(lengths, size):
                    self._write_batch(model, way, tokenizer, [keys[at] for at in batch])
                    if self._stopped():
                        return
            except RuntimeError as err:
                if "out of memory" not in str(err).lower() or most == 1:
                    raise
                most //= 2
            _free_memory()
            if most < MOST_ROWS[model.device.type] and self._open_prompts:
                self._pace.say(f"Writing answers, {most} at a time", self._plan.spec.name)

    def _write_batch(self, model: Any, way: Way, tokenizer: Any, keys: Sequence[str]) -> None:
        """Write the answers of one batch; each is kept within a second of its end."""
        start = time.monotonic()
        fresh: dict[str, KeptAnswer] = {}
        tokens, since = 0, start
        written = batch_answers(model, [self._prompts[key] for key in keys], way, self._stopped)
        for answer in written:
            text = tokenizer.decode(
                answer.tokens, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
            fresh[keys[answer.place]] = KeptAnswer(text, len(answer.tokens), answer.reason)
            tokens += len(answer.tokens)
            now = time.monotonic()
            if now - since >= _KEEP_SECONDS:
                self._keep(fresh, now - since, tokens)
                fresh, tokens, since = {}, 0, now
        self._keep(fresh, time.monotonic() - since, tokens)

    def _keep(self, fresh: dict[str, KeptAnswer], seconds: float, tokens: int) -> None:
        self._written.keep_answers(fresh)
        self._answers |= fresh
        self._pace.did("answer", self._count(fresh), seconds, tokens)

    def _judge(self, model: Any, pad_id: int) -> None:
        keys = sorted(self._open_texts, key=lambda key: (-len(self._texts[key].ids), key))
        while keys and not self._stopped():
            start = time.monotonic()
            n = max(1, _JUDGED_TOKENS // len(self._texts[keys[0]].ids))
            batch, keys = keys[:n], keys[n:]
            rows: list[TokenRow] = [self._texts[key] for key in batch]
            fresh = dict(zip(batch, row_nats(model, rows, pad_id), strict=True))
            self._written.keep_likelihoods(fresh)
            self._nats |= fresh
            self._pace.did("text", self._count(batch), time.monotonic() - start)


def _rows_at_once(model: Any, new_tokens: int, most: int) -> Callable[[int], int]:
    """Return how many prompts of a length go together without running out of memory."""
    config = model.config.get_text_config()
    heads = getattr(config, "num_key_value_heads", None) or config.num_attention_heads
    size = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    each = 2 * config.num_hidden_layers * heads * size * model.dtype.itemsize
    if model.device.type == "cuda":
        free = torch.cuda.mem_get_info()[0]
    else:
        free = psutil.virtual_memory().available
    return lambda length: max(1, min(most, int(free * _OF_FREE / (each * (length + new_tokens)))))


def _free_memory() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
