"""How an example becomes tokens; the only code that knows, so preview and training cannot differ."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from studio.core.example import Token, TokenState, Triple
from studio.core.problems import ModelError
from studio.engine.findings import FINDINGS, Finding
from studio.engine.tokenizer import generation_ends, load_tokenizer, own_template

_PROBE = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]


@dataclass(frozen=True, slots=True)
class Rendered:
    """A row as token ids, with what training does with each, and what is wrong with it.

    Attributes:
        ids: vocabulary ids of the whole row, cut ones included.
        states: one for each id.
        findings: of this row alone.
    """

    ids: list[int]
    states: list[TokenState]
    findings: tuple[Finding, ...] = ()

    @property
    def trained(self) -> int:
        """Tokens that are trained, the end-of-turn token included."""
        return sum(s in (TokenState.TRAINED, TokenState.END) for s in self.states)


class Renderer:
    """Renders rows for one model, template and system prompt. Loads a tokenizer, never weights.

    Attributes:
        tokenizer: the model's tokenizer, from its folder.
        template: the chat template's text.
        template_hash: sha256 of the template's text, in hex.
        end_id: the token that ends an answer's turn; None if the template writes none.
        stop_ids: ids that end an answer when generating.
        pad_id: the id that fills batches; where it stands nothing is trained.

    Raises:
        ModelError: the folder has no usable tokenizer, or there is no chat template.
    """

    def __init__(self, model_folder: Path, template: str = "", system_prompt: str = "") -> None:
        self.tokenizer = load_tokenizer(model_folder)
        self.template = template or own_template(self.tokenizer, model_folder)
        self.system_prompt = system_prompt
        self.template_hash = hashlib.sha256(self.template.encode()).hexdigest()
        # Named special tokens are control tokens; others, such as <think>, are the row's own text
        self.tokenizer.chat_control_tokens = []
        self._special = frozenset(self.tokenizer.all_special_ids) | frozenset(
            i for i, token in self.tokenizer.added_tokens_decoder.items() if token.special
        )
        marks = [t.content for t in self.tokenizer.added_tokens_decoder.values() if t.special]
        self._marks = re.compile("|".join(map(re.escape, marks)) or "(?!)")
        self._texts: dict[int, str] = {}
        self.end_id = self._find_end()
        self.stop_ids = frozenset(generation_ends(model_folder)) | {
            i for i in (self.end_id, self.tokenizer.eos_token_id) if i is not None
        }
        pad = self.tokenizer.pad_token_id
        self.pad_id = int(pad if pad is not None else self.tokenizer.eos_token_id or 0)
        self._bos = self.tokenizer.bos_token_id
        alone = self.tokenizer("a")["input_ids"]
        self._wants_bos = self._bos is not None and alone[:1] == [self._bos]

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
            return self._encode(list(messages), prompt=True)
        except Exception as err:  # templates raise whatever their authors wrote
            raise ModelError(
                f"The chat template refuses the conversation: {err}.",
                "Change the system prompt, or choose another template.",
            ) from err

    def render(self, triple: Triple, max_tokens: int) -> list[Token]:
        """Return the row's tokens, each with its text and with what training does with it."""
        return self.tokens(self.row(triple, max_tokens))

    def tokens(self, row: Rendered) -> list[Token]:
        """Return the tokens of a rendered row with their texts."""
        return [
            Token(i, self.text(i), state, i in self._special)
            for i, state in zip(row.ids, row.states, strict=True)
        ]

    def row(self, triple: Triple, max_tokens: int) -> Rendered:
        """Return the row as ids and states; the same tokens as :meth:`render`, without texts."""
        asked = self.messages(triple)
        try:
            prompt = self._encode(asked, prompt=True)
            if not triple.output.strip():
                return self._judged(triple, prompt, len(prompt), max_tokens, ("no_answer",))
            answered = [*asked, {"role": "assistant", "content": triple.output}]
            whole = self._encode(answered, prompt=False)
            if whole[: len(prompt)] != prompt:
                whole = self._joined(asked, answered, prompt) or whole
        except Exception as err:  # noqa: BLE001 - templates raise whatever their authors wrote
            known = FINDINGS["template_failed"]
            said = f"The chat template refuses the row: {err}."
            return Rendered([], [], (Finding(known.code, known.level, said, known.hint),))
        if whole[: len(prompt)] != prompt:
            return self._judged(triple, whole, len(whole), max_tokens, ("template_prefix",))
        return self._judged(triple, whole, len(prompt), max_tokens)

    def text(self, token_id: int) -> str:
        """Return the text a token stands for."""
        if token_id not in self._texts:
            text = self.tokenizer.decode([token_id], skip_special_tokens=False)
            piece = self.tokenizer.convert_ids_to_tokens(token_id)
            if isinstance(piece, str) and piece.startswith("▁") and not text.startswith(" "):
                text = " " + text  # decoders drop the space that starts a text
            self._texts[token_id] = str(text)
        return self._texts[token_id]

    def _judged(
        self,
        triple: Triple,
        ids: list[int],
        prompt: int,
        max_tokens: int,
        known: tuple[str, ...] = (),
    ) -> Rendered:
        """Return the row with its states and with all that is wrong with it.

        Args:
            triple: the row.
            ids: of the whole row.
            prompt: how many of the ids are prompt.
            max_tokens: longest sequence.
            known: codes of findings made before.
        """
        end = next((i for i in range(prompt, len(ids)) if ids[i] == self.end_id), len(ids))
        states = [TokenState.MASKED] * prompt
        states += [TokenState.TRAINED] * (end - prompt)
        if end < len(ids):
            # What the template writes after the end of the turn is never generated: not trained
            states += [TokenState.END, *[TokenState.MASKED] * (len(ids) - end - 1)]
        if len(ids) > max_tokens:
            states[max_tokens:] = [TokenState.CUT] * (len(ids) - max_tokens)
        codes = list(known)
        if not known and prompt >= max_tokens:
            codes.append("answer_cut")
        elif not known and self.end_id is None:
            codes.append("no_end")
        elif not known and TokenState.END not in states:
            codes.append("end_cut")
        codes += self._start_findings(ids)
        if self._marks.search("\0".join((self.system_prompt, triple.question, triple.output))):
            codes.append("special_text")
        return Rendered(ids, states, tuple(FINDINGS[code] for code in codes))

    def _start_findings(self, ids: list[int]) -> list[str]:
        if self._bos is None:
            return []
        if ids[:2] == [self._bos, self._bos]:
            return ["doubled_bos"]
        return ["missing_bos"] if self._wants_bos and ids[:1] != [self._bos] else []

    def _written(self, messages: list[dict[str, str]] | list[Any], *, prompt: bool) -> str:
        return str(
            self.tokenizer.apply_chat_template(
                messages,
                chat_template=self.template,
                add_generation_prompt=prompt,
                tokenize=False,
            )
        )

    def _encode(self, messages: list[Any], *, prompt: bool) -> list[int]:
        """Return the ids of a conversation; turn marks inside its contents become plain text."""
        if any(self._marks.search(message["content"]) for message in messages):
            return list(
                self.tokenizer.apply_chat_template(
                    messages,
                    chat_template=self.template,
                    add_generation_prompt=prompt,
                    sanitize_control_tokens=True,
                    return_dict=False,
                )
            )
        return self._plain(self._written(messages, prompt=prompt))

    def _plain(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])

    def _joined(self, asked: list[Any], answered: list[Any], prompt: list[int]) -> list[int]:
        """Return prompt and answer encoded apart, for an answer whose start melts into the prompt.

        That is what the model sees when it is asked later. Empty if the template changes the
        prompt's text, or the contents have turn marks.
        """
        before, after = self._written(asked, prompt=True), self._written(answered, prompt=False)
        if not after.startswith(before) or any(self._marks.search(m["content"]) for m in answered):
            return []
        return prompt + self._plain(after[len(before) :])

    def _find_end(self) -> int | None:
        """Return the special token that the template writes right after an answer."""
        try:
            prompt = self._encode(_PROBE[:1], prompt=True)
            whole = self._encode(_PROBE, prompt=False)
        except Exception as err:  # templates raise whatever their authors wrote
            raise ModelError(
                f"The chat template cannot be used: {err}.", "Choose another template."
            ) from err
        tail = whole[len(prompt) :] if whole[: len(prompt)] == prompt else whole[-3:]
        return next((i for i in tail if i in self._special), None)


def render_findings(renderer: Renderer, triple: Triple, max_tokens: int) -> tuple[Finding, ...]:
    """Return what is wrong with a row as it would be trained."""
    return renderer.row(triple, max_tokens).findings
