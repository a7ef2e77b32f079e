"""How an example becomes tokens; the only code that knows, so preview and training cannot differ."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from studio.core.example import Example, ExampleError, Token, Triple
from studio.core.problems import ModelError
from studio.core.templates import ChosenTemplate, choose_template
from studio.engine.chattemplate import ChatTemplate, TemplateError
from studio.engine.encode import Encoder
from studio.engine.findings import gathered
from studio.engine.masks import Written
from studio.engine.rendered import Rendered, Span
from studio.engine.rowdraft import PART_CHARACTERS, Draft, RowWriter
from studio.engine.tokenizer import generation_ends, load_tokenizer, own_template, own_tokens
from studio.engine.whosewords import owners

Row = Example | ExampleError


class Renderer:
    """Renders rows for one model, template and system prompt. Loads a tokenizer, never weights.

    Args:
        model_folder: the base model.
        template: a recipe's setting: empty for the model's own, a built-in's name, or Jinja.
        system_prompt: said first in each row that has no system turn of its own.
        tokenizer: the model's, if it is loaded already.

    Attributes:
        tokenizer: the model's tokenizer, from its folder.
        chosen: which template it is, with its text; the default if the model has none.
        template_hash: sha256 of the template's text, in hex.
        end_id: the token that ends an answer's turn; None if the template writes none.
        stop_ids: ids that end an answer when generating.
        pad_id: the id that fills batches; where it stands nothing is trained.

    Raises:
        ModelError: the folder has no usable tokenizer, or the template cannot be used.
    """

    def __init__(
        self,
        model_folder: Path,
        template: str = "",
        system_prompt: str = "",
        *,
        tokenizer: Any = None,
    ) -> None:
        self.tokenizer = load_tokenizer(model_folder) if tokenizer is None else tokenizer
        self._bos = self.tokenizer.bos_token_id
        alone = self.tokenizer("a")["input_ids"]
        self._wants_bos = self._bos is not None and alone[:1] == [self._bos]
        own = own_template(self.tokenizer)
        self.chosen: ChosenTemplate = choose_template(template, own, begins=self._wants_bos)
        self.template_hash = hashlib.sha256(self.chosen.text.encode()).hexdigest()
        self._special = frozenset(self.tokenizer.all_special_ids) | frozenset(
            i for i, token in self.tokenizer.added_tokens_decoder.items() if token.special
        )
        marks = [t.content for t in self.tokenizer.added_tokens_decoder.values() if t.special]
        self._encoder = Encoder(self.tokenizer)
        self._template = ChatTemplate(self.chosen.text, own_tokens(self.tokenizer), marks)
        self._writer = RowWriter(self._template, system_prompt)
        self.system_prompt = system_prompt
        self._texts: dict[int, str] = {}
        self.end_id = self._encoder.id_of(self._template.end)
        self.stop_ids = frozenset(generation_ends(model_folder)) | {
            i for i in (self.end_id, self.tokenizer.eos_token_id) if i is not None
        }
        pad = self.tokenizer.pad_token_id
        self.pad_id = int(pad if pad is not None else self.tokenizer.eos_token_id or 0)

    def messages(self, triple: Triple) -> list[dict[str, str]]:
        """Return the conversation that asks the row's question; the answer is not in it."""
        system = [{"role": "system", "content": self.system_prompt}] if self.system_prompt else []
        return [*system, {"role": "user", "content": triple.question}]

    def prompt_ids(self, messages: Sequence[Mapping[str, str]]) -> list[int]:
        """Return the token ids that ask for the next answer.

        Args:
            messages: {role, content} each; as :meth:`messages` makes them.

        Raises:
            ModelError: the template refuses the conversation.
        """
        try:
            text = self._template.write(self._template.guarded(list(messages)), prompt=True)
            return self._encoder.one(text)
        except (TemplateError, ValueError) as err:
            raise ModelError(
                f"The chat template refuses the conversation: {err}.",
                "Change the system prompt, or choose another template.",
            ) from err

    def render(self, example: Example, max_tokens: int) -> list[Token]:
        """Return the tokens of a row's first sequence; see :meth:`tokens`."""
        return self.tokens(self.row(example, max_tokens))

    def tokens(self, row: Rendered) -> list[Token]:
        """Return the tokens of a sequence with their texts."""
        return [
            Token(i, self.text(i), state, i in self._special)
            for i, state in zip(row.ids, row.states, strict=True)
        ]

    def owners(self, example: Row, max_tokens: int) -> tuple[Rendered, list[list[str]]]:
        """Return one row, and for each token of each sequence whose words it is."""
        (drafts,) = self._writer.parts([example])
        draft = drafts[0]
        ids = self._encoder.many([written.text for written in draft.sequences])
        row = self._row(draft, ids, max_tokens)
        found = []
        for written, sequence in zip(draft.sequences, row.sequences, strict=False):
            tokens = [(self.text(i), i in self._special) for i in sequence.ids]
            found.append(owners(written, tokens, running=draft.running))
        return row, found

    def row(self, example: Row, max_tokens: int) -> Rendered:
        """Return one row as ids, with what is trained of it and what is wrong with it."""
        return self.rows([example], max_tokens)[0]

    def rows(self, examples: Iterable[Row], max_tokens: int) -> list[Rendered]:
        """Return rows as :meth:`row` does, thousands a second.

        Templates write one conversation after the other; their texts are encoded all at once, by
        as many threads as the processor has.

        Args:
            examples: of any kinds; an error stands for a row whose texts are no example.
            max_tokens: longest sequence; what is past it is cut.
        """
        parts = self._writer.parts(examples)
        first, second = next(parts, []), next(parts, None)
        if second is None:
            return list(self._finished(first, self._encoder.many(_texts(first)), max_tokens))
        made: list[Rendered] = []
        with ThreadPoolExecutor(1) as pool:  # one part is encoded while the next is written
            before = first, pool.submit(self._encoder.many, _texts(first))
            for drafts in chain([second], parts):
                texts = _texts(drafts)
                coming = pool.submit(self._encoder.many, texts)
                made += self._finished(before[0], before[1].result(), max_tokens)
                before = drafts, coming
                if sum(map(len, texts)) > PART_CHARACTERS:
                    wait([coming])  # it takes memory that the next template must not be short of
            made += self._finished(before[0], before[1].result(), max_tokens)
        return made

    def _finished(
        self, drafts: list[Draft], ids: list[list[int]], max_tokens: int
    ) -> Iterator[Rendered]:
        left = iter(ids)
        for draft in drafts:
            yield self._row(draft, [next(left) for _ in draft.sequences], max_tokens)

    def text(self, token_id: int) -> str:
        """Return the text a token stands for."""
        if token_id not in self._texts:
            text = self.tokenizer.decode([token_id], skip_special_tokens=False)
            piece = self.tokenizer.convert_ids_to_tokens(token_id)
            if isinstance(piece, str) and piece.startswith("▁") and not text.startswith(" "):
                text = " " + text  # decoders drop the space that starts a text
            self._texts[token_id] = str(text)
        return self._texts[token_id]

    def _row(self, draft: Draft, ids: list[list[int]], max_tokens: int) -> Rendered:
        """Return a row with its sequences, and with all that is wrong with it."""
        codes = list(draft.codes)
        sequences = []
        for at, (written, found) in enumerate(zip(draft.sequences, ids, strict=True)):
            place = self._running if draft.running else self._conversation
            found, spans = place(written, found)
            name = draft.names[at] if at < len(draft.names) else ""
            compared = at in draft.compared
            one = Rendered(found, spans, max_tokens, name=name, compared=compared)
            codes += self._limit_codes(one, running=draft.running)
            codes += self._begin_codes(found)
            sequences.append(one)
        if not sequences:
            return Rendered([], (), max_tokens, gathered(codes, draft.said))
        if not codes and len(sequences) == 1:
            return sequences[0]
        findings = gathered(codes, draft.said)
        return replace(sequences[0], findings=findings, more=tuple(sequences[1:]))

    def _conversation(self, written: Written, ids: list[int]) -> tuple[list[int], tuple[Span, ...]]:
        """Return the ids of a conversation, and its answers among them."""
        ids, starts = self._encoder.place(
            written.text, ids, [answer.start for answer in written.answers]
        )
        spans = []
        for answer, start in zip(written.answers, starts, strict=True):
            end = self._encoder.id_of(answer.end) if answer.end else None
            if end is not None and end in ids[start:]:
                spans.append(Span(start, ids.index(end, start) + 1))
            else:
                stop = len(self._encoder.one(written.text[: answer.stop]))
                spans.append(Span(start, max(start, min(stop, len(ids))), ends=False))
        return ids, tuple(spans)

    def _running(self, _written: Written, ids: list[int]) -> tuple[list[int], tuple[Span, ...]]:
        """Return running text between the marks that the tokenizer puts around a text."""
        begin = [self._bos] if self._wants_bos else []
        end = self.tokenizer.eos_token_id
        ends = end is not None and bool(ids)
        whole = [*begin, *ids, *([end] if ends else [])]
        return whole, (Span(len(begin), len(whole), ends=ends),) if ids else ()

    def _limit_codes(self, row: Rendered, *, running: bool) -> list[str]:
        """Return what the limit does to a sequence, and whether its turns end."""
        if not row.spans:
            return []
        codes = [] if all(span.ends for span in row.spans) else ["no_end"]
        if running:
            return [*codes, "text_cut"] if len(row.ids) > row.limit else codes
        if row.spans[0].start >= row.limit:
            return ["answer_cut"]
        return ["end_cut"] if row.spans[-1].stop > row.limit else codes

    def _begin_codes(self, ids: list[int]) -> list[str]:
        if self._bos is None:
            return []
        if ids[:2] == [self._bos, self._bos]:
            return ["doubled_bos"]
        return ["missing_bos"] if self._wants_bos and ids[:1] != [self._bos] else []


def _texts(drafts: list[Draft]) -> list[str]:
    return [sequence.text for draft in drafts for sequence in draft.sequences]
