"""Opens what is imported as streams of bytes: files, and what is inside .gz and .zip files.

Nothing is unpacked to the disk. What is packed may not become far larger than it is.
"""

from __future__ import annotations

import codecs
import gzip
import io
import lzma
import os
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from studio.core.problems import DataError
from studio.core.units import file_size
from studio.core.wholetext import whole

RATIO = 100
"""How many times its size a packed file may become."""
FLOOR = 64 * 1024 * 1024
"""Bytes that it may become in any case."""
MOST = 16 * 1024**3
"""Bytes that it may not become unasked."""
_BUFFER = 1 << 20
_DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, lzma.LZMAError, EOFError)


Source = IO[bytes] | gzip.GzipFile


class TooLarge(DataError):
    """A packed file holds far more than its size lets expect; it can be read all the same."""


@dataclass(frozen=True, slots=True)
class Part:
    """One stream of bytes to import.

    Attributes:
        path: the file it is in.
        name: what it is called: the file's name, or the name inside the file.
        packing: "gz" or "zip" if it is packed, else empty.
        member: its place in a zip file.
        size: bytes of the file, or of what is inside a zip file.
        most: bytes it may unpack to; 0 for no limit.
        called: what people call it, if its file was made of another for the import.
    """

    path: Path
    name: str
    packing: str = ""
    member: int = 0
    size: int = 0
    most: int = 0
    called: str = ""

    @property
    def title(self) -> str:
        """What it is called for people: with the name of the file that it is in.

        A name need not be text to the system; what is none in it stands as a question mark.
        """
        name = whole(self.called or self.path.name)
        return f"{name}, {self.name}" if self.packing == "zip" else name


def packing_of(path: Path) -> str:
    """Return "gz" or "zip" if a file is packed, by what it begins with; else empty.

    Raises:
        DataError: it is no ordinary file, or cannot be read.
    """
    with _explained(path), _opened(path) as file:
        head = file.read(4)
    if head[:2] == b"\x1f\x8b":
        return "gz"
    return "zip" if head in (b"PK\x03\x04", b"PK\x05\x06") else ""


def parts_of(
    path: Path, endings: tuple[str, ...], *, unlimited: bool = False
) -> tuple[list[Part], list[str]]:
    """Return what a file holds, and the names of what is left aside in it.

    Args:
        path: the file.
        endings: how names inside a zip file end that are taken; others are left aside.
        unlimited: let a packed file become however large it is.

    Raises:
        DataError: it cannot be read, or nothing in it can be imported.
    """
    packing = packing_of(path)
    if not packing:
        return [Part(path, path.name, size=path.stat().st_size)], []
    size = path.stat().st_size
    most = 0 if unlimited else min(MOST, max(FLOOR, RATIO * size))
    if packing == "gz":
        name = path.stem if path.suffix.lower() == ".gz" else path.name
        return [Part(path, name, packing, size=size, most=most)], []
    with _explained(path), zipfile.ZipFile(path) as archive:
        names = [(at, info) for at, info in enumerate(archive.infolist()) if not info.is_dir()]
    taken = [(at, info) for at, info in names if _is_taken(info.filename, endings)]
    if not taken:
        raise DataError(
            f"{path.name} holds no file that can be imported.",
            f"Files in it end with {', '.join(endings)}.",
        )
    if most and sum(info.file_size for _, info in taken) > most:
        raise too_large(path.name, most)
    parts = [
        Part(path, _plain_name(info.filename), "zip", at, info.file_size, most)
        for at, info in taken
    ]
    places = {at for at, _ in taken}
    aside = [_plain_name(info.filename) for at, info in names if at not in places]
    return parts, [name for name in aside if not name.startswith(".")]


def too_large(name: str, most: int) -> TooLarge:
    """Return the sentence for a packed file that becomes too large."""
    return TooLarge(
        f"{name} unpacks to more than {file_size(most)}, far more than its size lets expect.",
        "It may be made to fill disks. If you know what is in it, import it however large it is.",
    )


@contextmanager
def open_part(part: Part, encoding: str = "") -> Iterator[BinaryIO]:
    """Open a part for reading from its start; as UTF-8 if it is in another encoding.

    Raises:
        DataError: it cannot be read, is damaged, or was changed meanwhile.
        TooLarge: while it is read, once it is larger than it may be.
    """
    with ExitStack() as stack:
        with _explained(part.path):
            file = stack.enter_context(_opened(part.path))
            before = os.fstat(file.fileno())
            source = _unpacked(stack, part, file)
        yield io.BufferedReader(_Through(source, part, encoding, file), _BUFFER)
        after = os.fstat(file.fileno())
        if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
            raise DataError(f"{part.path.name} was changed while it was read.", "Import it again.")


def _unpacked(stack: ExitStack, part: Part, file: BinaryIO) -> Source:
    if part.packing == "gz":
        return stack.enter_context(gzip.GzipFile(fileobj=file))
    if part.packing == "zip":
        archive = stack.enter_context(zipfile.ZipFile(file))
        return stack.enter_context(archive.open(archive.infolist()[part.member]))
    return file


def read_so_far(file: BinaryIO) -> int:
    """Return how much of a part has been read through a stream, in bytes of its size."""
    under = getattr(file, "raw", None)
    return under.position() if isinstance(under, _Through) else file.tell()


def _is_taken(name: str, endings: tuple[str, ...]) -> bool:
    plain = _plain_name(name)
    hidden = plain.startswith(".") or name.startswith("__MACOSX")
    return not hidden and plain.lower().endswith(endings)


def _plain_name(name: str) -> str:
    """Return the last part of a name in an archive; no such name ever becomes a path."""
    return PurePosixPath(name.replace("\\", "/")).name or "unnamed"


def _opened(path: Path) -> BinaryIO:
    if not stat.S_ISREG(path.stat().st_mode):
        kind = "a folder" if path.is_dir() else "no ordinary file"
        raise DataError(
            f"{path.name or path} is {kind}.", "Choose a file with rows, or one of text."
        )
    return path.open("rb", buffering=_BUFFER)


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    name = path.name or str(path)
    try:
        yield
    except _DAMAGED as err:
        raise DataError(
            f"{name} is damaged or cut short: it cannot be unpacked in full.",
            "Get the file again.",
            details=repr(err),
        ) from err
    except (NotImplementedError, RuntimeError) as err:
        if isinstance(err, RecursionError):
            raise
        locked = "password" in str(err)
        why = "is locked with a password" if locked else "is packed in a way that is not known"
        raise DataError(f"{name} {why}.", "Unpack it, then import it.", details=repr(err)) from err
    except OSError as err:
        raise DataError(
            f"{name} cannot be read: {(err.strerror or str(err)).lower()}.",
            "Look whether it is still there and may be read.",
        ) from err


class _Through(io.RawIOBase):
    """Passes bytes on, counts them against the limit, and makes UTF-8 of other encodings."""

    def __init__(self, source: Source, part: Part, encoding: str, file: BinaryIO) -> None:
        super().__init__()
        self._source, self._part, self._file = source, part, file
        self._kept = "surrogatepass" if encoding.startswith("utf-16") else "surrogateescape"
        self._decoder = codecs.getincrementaldecoder(encoding)(self._kept) if encoding else None
        self._left, self._passed = b"", 0

    def readable(self) -> bool:
        return True

    def position(self) -> int:
        """Return how much was read: of what is inside a zip file, else of the file."""
        return self._passed if self._part.packing == "zip" else self._file.tell()

    def readinto(self, buffer: object) -> int:
        view = memoryview(buffer)  # type: ignore[arg-type]
        if not self._left:
            self._left = self._next(len(view))
        data, self._left = self._left[: len(view)], self._left[len(view) :]
        view[: len(data)] = data
        return len(data)

    def _next(self, size: int) -> bytes:
        while True:
            with _explained(self._part.path):
                data = self._source.read(size)
            self._passed += len(data)
            if self._part.most and self._passed > self._part.most:
                raise too_large(self._part.path.name, self._part.most)
            if self._decoder is None:
                return data
            try:
                text = self._decoder.decode(data, final=not data)
            except UnicodeDecodeError as err:
                raise DataError(
                    f"{self._part.path.name} is not {err.encoding.upper()} text.",
                    "Import it with another encoding, or save it as UTF-8.",
                ) from err
            if text or not data:
                return text.encode("utf-8", self._kept)
