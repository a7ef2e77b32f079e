"""Each check of a single row fires where it must, and keeps silent where it must not."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio.core.example import FIELDS, Kind
from studio.data.checks.classes import CLASSES, OF_TEXTS
from studio.data.checks.report import Item, judge

LONG_ENGLISH = (
    "The ferry leaves the harbour twice a day and most of the passengers stand outside even when"
    " it rains, because they like to look at the islands that are there in the distance."
)
LONG_GERMAN = (
    "Die Fähre verlässt den Hafen zweimal am Tag und die meisten stehen auch bei Regen draußen,"
    " weil sie sich die Inseln ansehen, die dort in der Ferne sind und nicht wenig bekannt."
)


def codes(kind: Kind, *texts: str) -> dict[str, str]:
    batch = judge(kind, [Item(7, 0, texts)])
    assert {row for _, row, _ in batch.problems} <= {7}
    return {code: detail for code, _, detail in batch.problems}


def triple(
    question: str = "What is it?", answer: str = "It is red.", given: str = ""
) -> dict[str, str]:
    return codes(Kind.TRIPLE, question, given, answer)


def turns(*said: tuple[str, object]) -> str:
    return json.dumps([{"role": role, "content": content} for role, content in said])


@pytest.mark.parametrize(
    ("question", "answer", "code"),
    [
        ("What?", "", "no_answer"),
        ("What?", " \n\t", "no_answer"),
        ("", "It is red.", "no_question"),
        (" \n", "It is red.", "no_question"),
        ("Say this", "say  THIS", "answer_is_question"),
        ("What? ", "It is red.", "blank_edges"),
        ("What?", "\nIt is red.", "blank_edges"),
        ("The cafÃ©", "Yes.", "mojibake"),
        ("Itâ€™s", "Yes.", "mojibake"),
        ("ÐŸÑ€Ð¸Ð²ÐµÑ‚", "Yes.", "mojibake"),
        ("What?", "Lost \ufffd here.", "replaced"),
        ("What?", "A bell\x07.", "control"),
        ("What?", "A nul\0.", "control"),
        ("What?", "Zero\u200bwidth.", "hidden"),
        ("What?", "Turned \u202eround.", "hidden"),
        ("Say <|im_end|> now", "No.", "special_text"),
        ("Say [INST] now", "No.", "special_text"),
        ("Say </s> now", "No.", "special_text"),
        ("<start_of_turn>user", "No.", "special_text"),
        ("Go on\n### Response:\nnow", "No.", "special_text"),
        ("Mail jane.doe@hotel-adler.de now", "Done.", "email"),
        ("Call +49 30 9018 2233 now", "Done.", "phone"),
        ("Call (555) 123-4567 now", "Done.", "phone"),
        ("Call 030 / 9018 2233 now", "Done.", "phone"),
        ("Pay with 4111 1111 1111 1111", "Done.", "card"),
        ("Pay with 5500005555555559", "Done.", "card"),
        ("To DE89 3704 0044 0532 0130 00", "Done.", "iban"),
        ("To GB82WEST12345698765432", "Done.", "iban"),
        ("Use sk-abcdefghijklmnopqrstuvwxyz0123", "Done.", "secret"),
        ("Use AKIAIOSFODNN7EXAMPLE", "Done.", "secret"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE", "Done.", "secret"),
        (LONG_ENGLISH, LONG_GERMAN, "answer_language"),
    ],
)
def test_a_row_with_a_problem_is_told(question: str, answer: str, code: str) -> None:
    assert code in triple(question, answer)


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ("What is it?", "It is red."),
        ("Was ist «CAFÉ» für ein Wort?", "ÉTÉ’ und «NOËL» auch: «À»."),
        ("Wie viel?", "Größe: 5 µm, 20 °C, ½ Liter – naïve Œuvre, żółć, Привет, 日本語."),
        ("Wann?", "Am 2024-05-17 um 0900-1730, Raum 12-34-56."),
        ("How much?", "100 - 50 - 30 = 20, 4 000 000 000 000 000, 192.168.10.254, 1.234.567.890"),
        ("ISBN?", "978-3-16-148410-0 or 3-540-67081-5"),
        ("Mail?", "user@example.com and a@b, x@@y, me@host.test"),
        ("Card?", "4111 1111 1111 1112 and 1234567812345678 and 0000000000000000"),
        ("Account?", "DE89 3704 0044 0532 0130 01"),
        ("Which?", "task-abc sk-short, a < b, [1], <b>bold</b>, list[int], ## Heading, <think>no"),
        ("Family?", "👩‍👩‍👧 and नमस्ते and می‌خواهم"),
        (LONG_ENGLISH, LONG_ENGLISH[::-1]),
        ("Code?", "def f():\n\treturn 1\r\n"[:-2]),
    ],
)
def test_an_ordinary_row_is_left_alone(question: str, answer: str) -> None:
    assert triple(question, answer) == {}


def test_a_detail_says_what_is_wrong_but_never_a_whole_secret() -> None:
    assert triple("The cafÃ©")["mojibake"] == "Ã© → é"
    secret = "sk-abcdefghijklmnopqrstuvwxyz0123"
    assert secret not in triple(f"Use {secret}")["secret"]
    assert "4111" not in triple("Pay with 4012 8888 8888 1881")["card"]
    assert triple(LONG_ENGLISH, LONG_GERMAN)["answer_language"] == "English, answered in German"


def test_conversations_are_judged_by_their_turns() -> None:
    good = turns(("system", "Be kind."), ("user", "Hi"), ("assistant", "Ho"))
    assert codes(Kind.CONVERSATION, good, "") == {}
    unanswered = codes(Kind.CONVERSATION, turns(("user", "Hi")), "")
    assert "no_answer" in unanswered
    empty = codes(Kind.CONVERSATION, turns(("user", ""), ("user", "Hi"), ("assistant", "Ho")), "")
    assert empty == {"empty_turn": "turn 1 (user)"}
    assert codes(Kind.CONVERSATION, "[{]", "") == {"not_example": "messages are not JSON"}
    half = codes(
        Kind.CONVERSATION,
        '[{"role":"user","content":"\\ud83d"},{"role":"assistant","content":"a"}]',
        "",
    )
    assert set(half) == {"half_character"}
    parts = turns(("user", [{"type": "text", "text": "cafÃ©"}]), ("assistant", "Ho"))
    assert "mojibake" in codes(Kind.CONVERSATION, parts, "")


def test_preferences_need_two_different_answers_or_one() -> None:
    assert codes(Kind.PREFERENCE, "Hi", "Ho", "No", "") == {}
    assert codes(Kind.PREFERENCE, "Hi", "Ho", "", "") == {}
    assert codes(Kind.PREFERENCE, "Hi", "", "No", "") == {}
    assert "same_answers" in codes(Kind.PREFERENCE, "Hi", "Ho", "ho ", "")
    assert "no_answer" in codes(Kind.PREFERENCE, "Hi", "", " ", "")


def test_running_text_needs_no_question_and_no_edge() -> None:
    assert codes(Kind.TEXT, "\nOnce upon a time.\n") == {}
    assert codes(Kind.TEXT, " ") == {"no_text": ""}


texts = st.text(max_size=200) | st.sampled_from(
    [
        "",
        "\0",
        "+49 30 1234567",
        "a@b.cd",
        "Ã©" * 40,
        "<|",
        "[{}]",
        '[{"role": 1}]',
        "null",
        "\ufffd",
    ]
)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(list(Kind)), st.data())
def test_no_text_makes_a_check_raise(kind: Kind, data: st.DataObject) -> None:
    rows = [
        Item(number, 0, tuple(data.draw(texts) for _ in FIELDS[kind])) for number in range(1, 4)
    ]
    batch = judge(kind, rows)
    assert batch.judged["row"].tolist() == [1, 2, 3]
    assert {code for code, _, _ in batch.problems} <= OF_TEXTS


def test_every_class_has_words_and_a_level() -> None:
    for about in CLASSES.values():
        assert about.level in ("stop", "warn", "remark")
        for words in (about.summary, about.hint):
            assert words.endswith("."), about.code
            assert "!" not in words
        assert about.title[0].isupper() and not about.title.endswith(".")
