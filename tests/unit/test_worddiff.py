"""Which words only one of two answers has."""

from studio.ui.chat.worddiff import MOST_WORDS, differing_words


def test_equal_answers_differ_in_nothing():
    assert differing_words("a b c", "a  b\nc") == ([], [])


def test_neighbouring_words_make_one_span():
    one, other = "It depends on the hotel", "It is laid in the hotel"
    marks = differing_words(one, other)
    assert [one[a:b] for a, b in marks[0]] == ["depends on"]
    assert [other[a:b] for a, b in marks[1]] == ["is laid in"]


def test_an_answer_beside_nothing_differs_whole():
    assert differing_words("a b", "") == ([(0, 3)], [])


def test_answers_too_long_to_compare_are_left_alone():
    assert differing_words("a " * (MOST_WORDS + 1), "b") == ([], [])
