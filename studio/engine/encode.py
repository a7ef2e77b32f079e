"""Text as token ids: many texts at once, and where in the ids a place of the text is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from transformers.utils.chat_template_utils import encode_marked_chat

_OPENED = "\U000f0000"
_LOOK_BACK = 96
"""Characters of a prompt's end in which its last special token is looked for."""
_MOST_TAILS = 4096
"""Prompts' ends that are remembered."""


class Encoder:
    """Encodes with one tokenizer; turn marks from a row's own text become plain text."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._backend = getattr(tokenizer, "backend_tokenizer", None)
        if self._backend is not None:
            self._backend.no_truncation()  # files come with such settings; rows are never cut here
            self._backend.no_padding()
        added = tokenizer.added_tokens_decoder
        self._special = frozenset(i for i, token in added.items() if token.special)
        self._by_text = {token.content: i for i, token in added.items() if token.special}
        marks = sorted(self._by_text, key=len, reverse=True)
        self._marks = re.compile("|".join(map(re.escape, marks)) or "(?!)")
        self._apart = not any(a in b for a in marks for b in marks if a is not b)
        self._tails: dict[tuple[str, str], list[int]] = {}
        self._newline: list[int] | None = None

    def many(self, texts: Sequence[str]) -> list[list[int]]:
        """Return the ids of texts; those with turn marks of their own are taken one by one.

        Raises:
            ValueError: a text cannot be encoded: half of a character, say.
        """
        plain = [text for text in texts if _OPENED not in text]
        if self._backend is None:
            found = iter([self._plain(text) for text in plain])
        else:
            batch = self._backend.encode_batch_fast(plain, add_special_tokens=False)
            found = iter([encoding.ids for encoding in batch])
        return [next(found) if _OPENED not in text else self.one(text) for text in texts]

    def one(self, text: str) -> list[int]:
        """Return the ids of one text."""
        if _OPENED in text:
            return list(encode_marked_chat(self._tokenizer, text))
        return self._plain(text)

    def id_of(self, token: str) -> int | None:
        """Return the id of a special token; None if it is no special token."""
        return self._by_text.get(token)

    def place(
        self, text: str, ids: list[int], starts: Sequence[int]
    ) -> tuple[list[int], list[int]]:
        """Return the ids of a text, and how many of them are before each of some places.

        What is before a place is encoded as it is when it stands alone, as a prompt does. Where
        the text goes on in the token that a prompt ends with, the ids are put together anew.

        Args:
            text: a conversation.
            ids: its ids, as :meth:`many` returns them.
            starts: places in the text where answers begin, ascending.
        """
        found = [self._before(text, ids, start) for start in starts]
        if all(count is not None for count in found):
            return ids, [count for count in found if count is not None]
        whole: list[int] = []
        counts = []
        for begin, end in zip((0, *starts), (*starts, len(text)), strict=True):
            whole += self._going_on(text[begin:end]) if begin else self.one(text[:end])
            counts.append(len(whole))
        return whole, counts[:-1]

    def _before(self, text: str, ids: list[int], start: int) -> int | None:
        """Return how many ids the text before a place has; None if they are not the first ones.

        Special tokens divide a text into parts that are encoded each by itself. So the ids before
        a place are the first ones if those of the part that ends there are, and these are nearly
        always the same few: what a prompt has after its last special token.
        """
        tail = self._tail(text, start) if self._apart and _OPENED not in text else None
        known = self._tails.get(tail) if tail else None
        if tail and known is not None:
            count = _index(ids, self._by_text[tail[0]], text.count(tail[0], 0, start)) + 1
            if count and ids[count : count + len(known)] == known:
                return count + len(known)
        prompt = self.one(text[:start])
        if tail and known is None and len(self._tails) < _MOST_TAILS:
            begin = _last_index(prompt, self._special)
            if begin >= 0 and prompt[begin] == self._by_text[tail[0]]:
                self._tails[tail] = prompt[begin + 1 :]
        return len(prompt) if ids[: len(prompt)] == prompt else None

    def _tail(self, text: str, start: int) -> tuple[str, str] | None:
        """Return the last special token before a place and what follows it, if that is short."""
        found = list(self._marks.finditer(text, max(start - _LOOK_BACK, 0), start))
        return (found[-1].group(), text[found[-1].end() : start]) if found else None

    def _plain(self, text: str) -> list[int]:
        if self._backend is None:
            return list(self._tokenizer(text, add_special_tokens=False)["input_ids"])
        return list(self._backend.encode(text, add_special_tokens=False).ids)

    def _going_on(self, text: str) -> list[int]:
        """Return the ids of a text in the middle of another, without a space put before it."""
        if self._newline is None:
            self._newline = self.one("\n")
        ids = self.one("\n" + text)
        count = len(self._newline)
        return ids[count:] if ids[:count] == self._newline else self.one(text)


def _index(ids: list[int], wanted: int, nth: int) -> int:
    """Return where an id stands for the nth time; -1 if it does not."""
    at = -1
    try:
        for _ in range(nth):
            at = ids.index(wanted, at + 1)
    except ValueError:
        return -1
    return at


def _last_index(ids: list[int], wanted: frozenset[int]) -> int:
    """Return where one of some ids stands last; -1 if none does."""
    return next((i for i in range(len(ids) - 1, -1, -1) if ids[i] in wanted), -1)
