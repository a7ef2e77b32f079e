"""Markdown becomes plain text with looks; nothing said is lost, and nothing takes long."""

from __future__ import annotations

import time

import pytest

from studio.ui.chat.markdown import MOST, Formatted, formatted


def spans_of(made: Formatted) -> list[tuple[str, str]]:
    return [(made.text[start:end], kind) for start, end, kind in made.spans]


def test_marks_become_looks():
    made = formatted("Say **yes** or *no*, ~~never~~ `maybe`.")
    assert made.text == "Say yes or no, never maybe."
    assert spans_of(made) == [
        ("yes", "strong"),
        ("no", "em"),
        ("never", "strike"),
        ("maybe", "code"),
    ]


def test_lists_keep_their_numbers_and_nest():
    made = formatted("3. three\n4. four\n   - inner\n\nafter")
    assert made.text == "3.  three\n4.  four\n•  inner\nafter"
    assert [p.indent for p in made.paragraphs] == [0, 0, 22, 0]
    assert [p.hang for p in made.paragraphs] == [4, 4, 3, 0]


def test_code_is_kept_letter_by_letter():
    code = "def f():\n\treturn '<b>**no**</b>'\n\n# end"
    made = formatted(f"Before\n\n```python\n{code}\n```\n")
    assert made.text == f"Before\n{code}"
    assert [p.look for p in made.paragraphs] == ["text", "code"]
    assert not made.spans


def test_a_table_stands_in_columns():
    made = formatted("| name | n |\n|---|---|\n| a | 10 |\n| long one | |\n")
    assert made.text == "name       n\n────────   ───\na          10\nlong one"


def test_links_and_pictures_tell_where_they_lead():
    made = formatted("[bank](http://evil.example/) ![cat](http://a.b/c.png) <http://a.b>")
    assert "bank (http://evil.example/)" in made.text
    assert "[picture: cat] (http://a.b/c.png)" in made.text
    assert "http://a.b (http" not in made.text


@pytest.mark.parametrize(
    "html", ["<img src='file:///etc/passwd'>", "<script>x</script>", "<table>" * 300, "&lt;b&gt;"]
)
def test_html_stays_the_letters_it_is_made_of(html):
    assert formatted(f"a {html} b").text == f"a {html} b"
    assert formatted(html).text == html


HOSTILE = {
    "brackets": "[" * 50_000,
    "pictures": ("![[" * 1_200 + "\n\n") * 25,
    "stars": ("*a_ **" * 600 + "\n\n") * 25,
    "quotes": "> " * 20_000 + "word",
    "lists": "".join(" " * depth + "- word\n" for depth in range(300)),
    "bars": "|\n" * 40_000,
    "cells": ("|a" * 500 + "\n" + "|-" * 500 + "\n") + ("|b" * 500 + "\n") * 40,
    "one line": "x" * 300_000,
    "ticks": "".join("`" * n + " " for n in range(1, 300)),
    "half a mark": "**bold and `code and [link](",
    "surrogates": "\ud800 **b** \u202e \x00",
}


@pytest.mark.parametrize("source", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_loses_no_word_and_ends_soon(source):
    start = time.process_time()
    made = formatted(source)
    assert time.process_time() - start < 20  # the square of it takes minutes
    assert sum(map(str.isalpha, made.text)) >= sum(map(str.isalpha, source))
    assert [p.start for p in made.paragraphs] == sorted(p.start for p in made.paragraphs)


def test_too_long_a_text_is_shown_as_it_was_written():
    source = "**b** " * (MOST // 5)
    assert formatted(source) == Formatted(source)
