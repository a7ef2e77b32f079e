"""Turns token ids into text as they come, without ever cutting a character in two."""

from __future__ import annotations

from typing import Any

_BROKEN = "\ufffd"
"""What a decoder writes for bytes that are not a whole character yet."""
_MOST_BYTES = 4
"""Bytes of the longest character in UTF-8: more broken ones than this are really broken."""


class TextStream:
    """Decodes the tokens of one answer piece by piece.

    Only the tokens since the last whole piece are decoded again, with the piece before them as
    context, since decoders treat the first token of a text in their own way.
    """

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._ids: list[int] = []
        self._before = 0
        self._told = 0
        self._waiting = ""
        self.text = ""

    @property
    def count(self) -> int:
        """Tokens so far."""
        return len(self._ids)

    def add(self, token_id: int) -> None:
        """Take one more token; its text waits for :meth:`take`."""
        self._ids.append(token_id)
        self._decode(final=False)

    def take(self) -> str:
        """Return the text that is whole and was not taken yet."""
        piece, self._waiting = self._waiting, ""
        return piece

    def finish(self) -> str:
        """Return what is left, whole or not; after this :attr:`text` is the answer."""
        self._decode(final=True)
        return self.take()

    def _decode(self, *, final: bool) -> None:
        known = self._words(self._ids[self._before : self._told])
        now = self._words(self._ids[self._before :])
        new = now[len(known) :]
        if not final and new.endswith(_BROKEN) and len(self._ids) - self._told < _MOST_BYTES:
            return
        if new:
            self._before, self._told = self._told, len(self._ids)
            self._waiting += new
            self.text += new

    def _words(self, ids: list[int]) -> str:
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )
