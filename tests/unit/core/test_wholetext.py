from studio.core.wholetext import whole


def test_halves_of_characters_become_question_marks_and_nothing_else_changes():
    assert whole("a\ud83d b\udc00\u2028é😀") == "a? b?\u2028é😀"
    assert whole("") == ""
