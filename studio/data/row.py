"""One row of a dataset, and one line that no row could be made of."""

from __future__ import annotations

from dataclasses import dataclass

from studio.core.example import FIELDS, Example, Kind, Triple, example_of


@dataclass(frozen=True, slots=True)
class Row:
    """One row as it is in the file.

    Attributes:
        texts: in the order of ``FIELDS[kind]``.
        tags: sorted.
        stamp: the dataset's revision when a text last changed, 0 if none did since the import.
    """

    id: int
    kind: Kind
    texts: tuple[str, ...]
    split: str
    tags: tuple[str, ...] = ()
    note: str = ""
    stamp: int = 0

    def text(self, field: str) -> str:
        """Return a text by the name of its field; empty for a field that this kind lacks."""
        fields = FIELDS[self.kind]
        return self.texts[fields.index(field)] if field in fields else ""

    @property
    def instruction(self) -> str:
        """The instruction of a triple."""
        return self.text("instruction")

    @property
    def input(self) -> str:
        """The input of a triple."""
        return self.text("input")

    @property
    def output(self) -> str:
        """The output of a triple."""
        return self.text("output")

    @property
    def triple(self) -> Triple:
        """The row as a triple, for datasets of triples."""
        return Triple(self.instruction, self.input, self.output)

    @property
    def example(self) -> Example:
        """The row as an example of its kind.

        Raises:
            ExampleError: turns or tools are not JSON of the right form.
        """
        return example_of(self.kind, self.texts)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something of a file that an import could not take in.

    Attributes:
        line: from 1.
        byte: where that line starts.
        fixed: the row that was made of it since; None if there is none, 0 if it was dismissed.
    """

    id: int
    source: int
    line: int
    byte: int
    reason: str
    preview: str
    fixed: int | None = None
