"""Numbers as the user reads them: memory, files, counts, times, rates."""

from __future__ import annotations

import math
import re
import time

KIB, MIB, GIB = 1024, 1024**2, 1024**3
NO_VALUE = "–"
MINUS = "−"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_SIZE = re.compile(r"\s*([0-9]+(?:[.,][0-9]+)?)\s*([kmgt]?i?b?)\s*", re.IGNORECASE)
_FACTORS = {"": 1, "k": 1000, "m": 1000**2, "g": 1000**3, "t": 1000**4}


def gib(n_bytes: float, decimals: int = 1) -> str:
    """Return a memory size such as "6.6 GiB"; memory is never given in GB."""
    return f"{n_bytes / GIB:.{decimals}f} GiB"


def file_size(n_bytes: float) -> str:
    """Return a file or download size in powers of 1000, such as "101 MB" or "6.4 GB"."""
    if round(n_bytes / 1000**2) >= 1000:
        return f"{n_bytes / 1000**3:.1f} GB"
    if round(n_bytes / 1000) >= 1000:
        return f"{n_bytes / 1000**2:.0f} MB"
    return f"{max(n_bytes, 0) / 1000:.0f} kB"


def count(n: float) -> str:
    """Return a big count in short form: 999, 17.6 k, 41.9 M, 8.03 B."""
    if abs(n) < 9_999.5:
        return f"{n:,.0f}"
    for size, letter in ((1e3, "k"), (1e6, "M")):
        if abs(n) < 999.95 * size:  # what rounds to a thousand is one of the next
            return f"{n / size:.1f} {letter}"
    return f"{n / 1e9:.2f} B"


def duration(seconds: float | None) -> str:
    """Return a length of time: 40 s, 8 min 20 s, 1 h 12 min, 2 d 3 h."""
    if seconds is None or not math.isfinite(seconds) or seconds < 0:
        return NO_VALUE
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 24:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h" if hours else f"{days} d"


def day(moment: time.struct_time) -> str:
    """Return a day as "17 Nov"; strftime would name the month in the language of the system."""
    return f"{moment.tm_mday} {_MONTHS[moment.tm_mon - 1]}"


def rate(per_second: float | None) -> str:
    """Return tokens per second: whole from 100, else one decimal."""
    if per_second is None or not math.isfinite(per_second):
        return NO_VALUE
    return f"{per_second:,.0f}" if per_second >= 99.95 else f"{per_second:.1f}"


def learning_rate(value: float | None) -> str:
    """Return a learning rate in its short form: 2e-4, 6.1e-5, 0."""
    if value is None or not math.isfinite(value):
        return NO_VALUE
    if value == 0:
        return "0"
    mantissa, exponent = f"{value:.1e}".split("e")
    return f"{mantissa.removesuffix('.0')}e{int(exponent)}"


def signed(value: float, decimals: int = 2) -> str:
    """Return a difference with its sign: +0.92, −0.15."""
    sign = "+" if value >= 0 else MINUS
    return f"{sign}{abs(value):.{decimals}f}"


def percent(share: float) -> str:
    """Return a share (0 to 1) as "56 %" with a no-break space."""
    return f"{100 * share:.0f}\u00a0%"


def device_words(device: str) -> str:
    """Return an engine's device, "cpu AMD EPYC" or "cuda:0 NVIDIA H200", as people name it."""
    kind, _, name = device.partition(" ")
    if kind == "cpu":
        return f"processor {name}".strip()
    return f"{name} ({kind})" if name else device


def parse_size(text: str) -> int:
    """Return the bytes meant by "12GiB", "500 MB" or a bare number of bytes.

    Raises:
        ValueError: the text is not a size.
    """
    found = _SIZE.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is not a size such as 12GiB or 500MB")
    number, unit = float(found[1].replace(",", ".")), found[2].lower()
    if "i" in unit:
        return round(number * 1024.0 ** " kmgt".index(unit[0]))
    return round(number * _FACTORS[unit.rstrip("b")])
