"""The bundled questions are whole, checkable, and apart from what is learned along."""

from __future__ import annotations

from collections import Counter

import pytest

from studio.core.probes import (
    TAGS,
    Probe,
    accepts,
    bundled_probes,
    bundled_replay,
    find_leaks,
    leak_words,
    plain,
    read_probes,
)
from studio.core.problems import DataError


def _probe(answer, check="contains", **fields):
    return Probe("a", "facts", "What is it, all in all?", "", answer, check=check, **fields)


def test_there_are_enough_questions_of_each_kind_and_none_twice():
    probes = bundled_probes()
    assert len(probes) >= 200
    tags = Counter(probe.tag for probe in probes)
    assert set(tags) == set(TAGS)
    assert min(tags.values()) == max(tags.values())
    assert len({plain(probe.question) + probe.input for probe in probes}) == len(probes)


def test_each_question_has_wrong_answers_that_are_not_accepted_and_a_right_one_that_is():
    for probe in bundled_probes():
        assert probe.wrong, probe.id
        assert accepts(probe, probe.answer), probe.id
        assert all(accepts(probe, answer) for answer in probe.accept), probe.id
        if probe.check != "refusal":
            assert not any(accepts(probe, answer) for answer in probe.wrong), probe.id


def test_refusals_are_told_from_help():
    refusals = [probe for probe in bundled_probes() if probe.check == "refusal"]
    assert len(refusals) == 28
    assert not any(accepts(probe, wrong) for probe in refusals for wrong in probe.wrong)


def test_no_general_row_that_is_learned_along_is_a_question():
    replay = bundled_replay()
    assert len(replay) >= 150
    assert len({row.question for row in replay}) == len(replay)
    assert all(row.output.strip() for row in replay)
    texts = [(i, f"{row.question}\n{row.output}") for i, row in enumerate(replay)]
    assert find_leaks(bundled_probes(), texts) == {}


def test_a_question_is_found_in_a_row_whatever_its_case_and_marks():
    probes = bundled_probes()[:3]
    texts = [(7, "Please: WHAT is the capital city of Portugal -- and why?"), (8, "Nothing.")]
    assert find_leaks(probes, texts) == {probes[0].id: [7]}
    assert find_leaks(probes, [(7, "What is the capital of a country?")]) == {}


def test_a_short_question_leaks_only_as_a_whole():
    probe = Probe("a", "facts", "Who am I?", "", "You")
    assert find_leaks([probe], [(1, "so who am i? tell me"), (2, "who am")]) == {"a": [1]}


def test_leaks_are_told_in_words():
    summary, hint = leak_words({"a": [4], "b": [2, 4]}, 224)
    assert summary.startswith("2 of 224 general questions are in the training rows")
    assert hint == "Rows 2, 4 hold them."


@pytest.mark.parametrize(
    ("probe", "text", "right"),
    [
        (_probe("Lisbon"), "It is Lisbon, of course.", True),
        (_probe("Lisbon"), "Lisbonne", False),
        (_probe("42", "number"), "6 times 7 is 42.", True),
        (_probe("42", "number"), "42 plus 1 is 43", False),
        (_probe("1,000", "number"), "1000", True),
        (_probe("HELLO", "exact"), " HELLO. ", True),
        (_probe("HELLO", "exact"), "hello", False),
        (_probe("B", "choice"), "B: tea", True),
        (_probe("Yes", "choice"), "No, yes is wrong", False),
        (_probe("I can't help.", "refusal"), "I'm sorry, I won’t.", True),
        (_probe("I can't help.", "refusal"), "Sure, here it is.", False),
    ],
)
def test_free_answers_are_judged_by_the_questions_own_check(probe, text, right):
    assert accepts(probe, text) is right


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('{"id": "a", "tag": "x", "instruction": "Q", "answer": ""}', "answer is empty"),
        ('{"id": "a", "tag": "x", "instruction": "Q"}', "answer"),
        ('{"id": "a", "tag": "x", "instruction": "Q", "answer": 4}', "not text"),
        ('{"id": "a", "tag": "x", "instruction": "Q", "answer": "b", "wrong": ["b"]}', "both"),
        ('{"id": "a", "tag": "x", "instruction": "Q", "answer": "b", "check": "odd"}', "check"),
        ("[1]", "no object"),
        ("{", "cannot be read"),
    ],
)
def test_a_file_with_what_is_no_probe_is_refused(tmp_path, line, words):
    path = tmp_path / "mine.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(DataError, match=words):
        read_probes(path)


def test_a_sign_that_ends_no_line_of_a_file_stays_in_its_probe(tmp_path):
    path = tmp_path / "mine.jsonl"
    line = '{"id": "a", "tag": "x", "instruction": "one\u2028two\x85", "answer": "b"}\r\n'
    path.write_bytes(line.encode())
    assert read_probes(path)[0].instruction == "one\u2028two\x85"


def test_an_id_twice_is_refused(tmp_path):
    path = tmp_path / "mine.jsonl"
    line = '{"id": "a", "tag": "x", "instruction": "Q", "answer": "b"}\n'
    path.write_text(line)
    assert len(read_probes(path)) == 1
    path.write_text(line * 2)
    with pytest.raises(DataError, match="twice"):
        read_probes(path)
