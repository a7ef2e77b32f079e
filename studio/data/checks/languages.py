"""Which language a text looks like: by script, and by little words where scripts are shared."""

from __future__ import annotations

import re

from studio.core.example import Kind
from studio.data.checks.emptiness import Found
from studio.data.checks.parts import Parts

UNKNOWN = 0
_LOOKED_AT = 1000
"""Characters of a text that are looked at."""
_WORDS = 12
"""Words below which nothing is said of a text in Latin script."""
_SURE = 3
"""Different little words that a language needs, and twice as many as the next."""

_LITTLE = {
    "English": "the of and is in that it was for you with this are not have from they what which would there their",
    "German": "der die das und ist nicht ein eine mit auf für sich auch von dem den wird sind oder wenn wie als",
    "French": "le la les des est une dans que qui pour pas sur avec sont vous nous cette mais ou du plus être",
    "Spanish": "el los las una que por con para está pero como más muy son del sus también hay ser este esta",
    "Italian": "il gli che una per con sono della nel anche più come questo questa essere dei alla non è ed",
    "Portuguese": "os uma que não para com mais como são dos também pelo pela você isso está ser em foi às ao",
    "Dutch": "het een van niet met voor zijn ook naar maar deze wordt door bij kan heeft worden aan dat ik",
    "Polish": "nie jest się na że do jak ale przez dla są oraz który tego może tylko być czy po tak",
    "Swedish": "och att det som inte är för med till den har var ett av kan så men vid eller om",
    "Turkish": "bir ve bu için ile olarak daha çok olan gibi ne kadar değil ama sonra olduğu her en da de",
}
_SCRIPTS = {
    "Russian": "[\u0400-\u04ff]",
    "Japanese": "[\u3040-\u30ff]",
    "Chinese": "[\u4e00-\u9fff]",
    "Korean": "[\uac00-\ud7af]",
    "Arabic": "[\u0600-\u06ff]",
    "Hebrew": "[\u0590-\u05ff]",
    "Greek": "[\u0370-\u03ff]",
    "Hindi": "[\u0900-\u097f]",
    "Thai": "[\u0e00-\u0e7f]",
}
LANGUAGES = ("", *_LITTLE, *_SCRIPTS)
"""Names by number; the names of scripts stand for their commonest language."""
_NUMBERS = {name: number for number, name in enumerate(LANGUAGES)}
_OF_WORD: dict[str, tuple[int, ...]] = {}
for _name, _words in _LITTLE.items():
    for _word in _words.split():
        _OF_WORD[_word] = (*_OF_WORD.get(_word, ()), _NUMBERS[_name])
_KNOWN = frozenset(_OF_WORD)
_BY_SCRIPT = {_NUMBERS[name]: re.compile(chars) for name, chars in _SCRIPTS.items()}
_FOREIGN = re.compile("[\u0370-\uffff]")


def language(text: str) -> int:
    """Return the number of the language a text looks like; 0 if it is not clear."""
    head = text[:_LOOKED_AT]
    if not head.isascii() and len(_FOREIGN.findall(head)) * 4 > len(head):
        return _by_script(head)
    words = head.lower().split()
    if len(words) < _WORDS:
        return UNKNOWN
    counts = [0] * len(LANGUAGES)
    for word in _KNOWN.intersection(words):
        for number in _OF_WORD[word]:
            counts[number] += 1
    many = max(counts)
    best = counts.index(many)
    counts[best] = 0
    return best if many >= _SURE and many >= 2 * max(counts) else UNKNOWN


def listen(parts: Parts) -> tuple[int, int]:
    """Return which languages a row's question and answer look like."""
    return language(parts.question), language(parts.answer)


def find(kind: Kind, parts: Parts) -> Found:
    """Return whether an answer looks like another language than its question."""
    asked, answered = parts.spoken
    if kind in (Kind.TEXT, Kind.PREFERENCE) or not asked or not answered or asked == answered:
        return []
    return [("answer_language", f"{LANGUAGES[asked]}, answered in {LANGUAGES[answered]}")]


def _by_script(text: str) -> int:
    counts = {number: len(chars.findall(text)) for number, chars in _BY_SCRIPT.items()}
    if counts[_NUMBERS["Japanese"]]:  # it is written with Chinese characters too
        counts[_NUMBERS["Japanese"]] += counts[_NUMBERS["Chinese"]]
    best = max(counts, key=lambda number: counts[number])
    return best if counts[best] * 4 > len(text) else UNKNOWN
