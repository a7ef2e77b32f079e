"""Texts that look like personal data or secrets; patterns with check sums, and no promise."""

from __future__ import annotations

import re
from collections.abc import Callable

from studio.data.checks.emptiness import Found
from studio.data.checks.parts import Parts

_EMAIL = re.compile(r"\w[\w.+-]{0,63}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_EXAMPLES = re.compile(
    r"@(?:[\w-]+\.)*(?:example\.(?:com|org|net)|[\w-]+\.(?:test|example|invalid))$"
)
_CARD = re.compile(
    r"(?<!\d)(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{5})(?!\d)"
)
_PHONE = re.compile(
    r"(?<![\w.+])(?<!\d[ -])(?:\+\d{1,3}[ .-]?(?:\(0?\d{1,4}\)[ .-]?)?\d(?:[ .-]?\d){6,12}"
    r"|\(\d{3}\) ?\d{3}[ .-]\d{4}|\d{3}[.-]\d{3}[.-]\d{4}"
    r"|0\d{2,4}(?: ?/ ?|[ -])\d{2,4}(?:[ -]?\d{2,4}){1,3})(?![\w-]|\.\d)"
)
_IBAN = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}\b")
_SECRETS = {
    sign: re.compile(pattern)
    for sign, pattern in (
        ("sk-", r"\bsk-[A-Za-z0-9_-]{20,}"),
        ("AKIA", r"\bAKIA[0-9A-Z]{16}\b"),
        ("ghp_", r"\bghp_[A-Za-z0-9]{36,}"),
        ("gho_", r"\bgho_[A-Za-z0-9]{36,}"),
        ("github_pat_", r"\bgithub_pat_\w{30,}"),
        ("glpat-", r"\bglpat-[\w-]{20,}"),
        ("xox", r"\bxox[abprs]-[\w-]{10,}"),
        ("AIza", r"\bAIza[\w-]{35}"),
        ("hf_", r"\bhf_[A-Za-z0-9]{30,}"),
        ("npm_", r"\bnpm_[A-Za-z0-9]{36}"),
        ("eyJ", r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
        (
            "PRIVATE KEY",
            r"-----BEGIN [A-Z ]*PRIVATE KEY-----"
            r"(?:[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----)?",
        ),
    )
}
"""Patterns of keys by a few letters that each of them has."""
_NUMBER = re.compile(r"[0-9][ /.()-]{0,2}" * 6 + r"[0-9][0-9 /.()-]*")
"""Seven digits or more, written out: as a repeated group it would take three times as long."""
PLACEHOLDERS = {
    "email": "[e-mail]",
    "phone": "[phone]",
    "card": "[card]",
    "iban": "[account]",
    "secret": "[secret]",
}


def find(parts: Parts) -> Found:
    """Return what looks like personal data in a row, one of each sort."""
    whole = parts.whole
    found: Found = []
    if "@" in whole and (hit := _first(_EMAIL, whole, _is_email)):
        found.append(("email", hit))
    for sign, pattern in _SECRETS.items():
        if sign in whole and (hit := _first(pattern, whole, bool)):
            found.append(("secret", f"{hit[:8]}…"))  # a secret is not written down once more
            break
    numbers: Found = []
    for number in _NUMBER.finditer(whole):
        # Few texts have long numbers; the costly patterns look at these, and what is beside them
        numbers += _of_number(whole[max(number.start() - 14, 0) : number.end() + 22])
    return [*found, *dict(numbers).items()]


def _of_number(text: str) -> Found:
    if hit := _first(_IBAN, text, _is_iban):
        return [("iban", f"{hit[:4]}…")]
    if hit := _first(_CARD, text, _is_card):
        return [("card", f"…{hit[-4:]}")]
    hit = _first(_PHONE, text, _is_phone)
    return [("phone", hit)] if hit else []


def without(code: str, text: str) -> str:
    """Return a text with all of one sort of personal data replaced by a word for it."""
    for pattern, judge in _SORTS[code]:
        text = pattern.sub(lambda hit: PLACEHOLDERS[code] if judge(hit[0]) else hit[0], text)  # noqa: B023
    return text


def _first(pattern: re.Pattern[str], text: str, judge: Callable[[str], bool]) -> str:
    return next((hit[0] for hit in pattern.finditer(text) if judge(hit[0])), "")


def _is_email(text: str) -> bool:
    return _EXAMPLES.search(text) is None and not text[text.rindex(".") + 1 :].isdecimal()


def _is_card(text: str) -> bool:
    """Check the sum after Luhn; what starts no card's number, or is a round number, is none."""
    digits = [int(char) for char in text if char.isdecimal()]
    if digits[0] not in (2, 3, 4, 5, 6) or len(set(digits)) < 2 or not any(digits[-6:]):
        return False
    doubled = [2 * d - 9 * (d > 4) for d in digits[-2::-2]]
    return (sum(doubled) + sum(digits[-1::-2])) % 10 == 0


def _is_iban(text: str) -> bool:
    """Check the remainder by 97 of ISO 13616."""
    plain = text.replace(" ", "")
    turned = plain[4:] + plain[:4]
    return 15 <= len(plain) <= 34 and int("".join(str(int(char, 36)) for char in turned)) % 97 == 1


def _is_phone(text: str) -> bool:
    digits = [char for char in text if char.isdecimal()]
    least = 9 if text[0] == "0" else 7  # "0900-1730" is a time
    return least <= len(digits) <= 15 and len(set(digits)) > 2


_SORTS: dict[str, tuple[tuple[re.Pattern[str], Callable[[str], bool]], ...]] = {
    "email": ((_EMAIL, _is_email),),
    "phone": ((_PHONE, _is_phone),),
    "card": ((_CARD, _is_card),),
    "iban": ((_IBAN, _is_iban),),
    "secret": tuple((pattern, bool) for pattern in _SECRETS.values()),
}
