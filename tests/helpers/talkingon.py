"""Keeps turns of a conversation without end, and says after each that it is kept; to be killed."""

from __future__ import annotations

import sys
from pathlib import Path

from studio.core.talk import TalkAnswer, TalkColumn, TalkTurn
from studio.data.conversations import Conversations


def main(path: str) -> None:
    file = Conversations(Path(path))
    number, place = file.begin("What time is breakfast?"), 0
    while True:
        turn = TalkTurn(f"question {place}", (TalkColumn("base", "Base"),))
        file.put(number, place, turn.answered("base", TalkAnswer(f"answer {place}", "end", 2)))
        sys.stdout.write(f"{place}\n")
        sys.stdout.flush()
        place += 1


if __name__ == "__main__":
    main(sys.argv[1])
