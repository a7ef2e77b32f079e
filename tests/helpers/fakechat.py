"""A chat process without a model: speaks the protocol and does what the question says.

Questions: "die" ends by SIGKILL in the middle, "refuse" is refused, "hostile" answers with markup,
"endless" streams until it is stopped, "deaf" streams and does not listen, "recall" says what was
said before, "markdown" is answered with marks, anything else is answered word by word. A model whose folder's name ends in "missing" cannot be loaded, one that
ends in "slow" is being loaded until stdin says otherwise.
"""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
import time

from studio.core.protocol import (
    PROTOCOL,
    AnswerEnded,
    ChatLoaded,
    Generate,
    LoadChat,
    Piece,
    Progress,
    PromptShown,
    RequestFailed,
    ShowPrompt,
    StopGenerating,
)
from studio.core.wire import LineReader

HOSTILE = "<b>bold</b><img src='file:///etc/passwd'>" + "<table><tr><td>" * 60 + "x" * 3000

MARKDOWN = """### A quiet stay

The desk keeps **three things** for you:

1. the key, by *Tomas*
2. a map with `Glass Room` on it
3. a list of trains

```python
def leave(hour: float) -> bool:
    return hour <= 10.5
```

| Train | Leaves |
|---|---|
| Coast | 6:40 |
| Valley | 7:15 |

> Breakfast is laid until half past ten.
"""


def send(message: object) -> None:
    sys.stdout.buffer.write(PROTOCOL.encode(message))
    sys.stdout.buffer.flush()


def read(requests: queue.SimpleQueue, stopped: threading.Event) -> None:
    reader = LineReader(PROTOCOL)
    for line in sys.stdin.buffer:
        for message in reader.feed(line):
            if isinstance(message, StopGenerating):
                stopped.set()
            else:
                requests.put(message)
    os._exit(0)


def load(ask: LoadChat) -> list[str]:
    send(Progress(id=ask.id, what="reading weights", done=1, total=2))
    if ask.model.endswith("missing"):
        send(RequestFailed(id=ask.id, summary="The weights are missing.", hint="Fetch them."))
        return []
    while ask.model.endswith("slow"):
        time.sleep(0.01)
    columns = ["base", "adapted"] if ask.adapter else ["base"]
    columns += [f"adapted{n}" for n in range(2, 2 + len(ask.others))]
    send(
        ChatLoaded(
            id=ask.id,
            device="cpu",
            precision="fp32",
            quantization=ask.quantization,
            columns=columns,
            base_proven=len(columns) > 1 and not ask.run.endswith("unproven"),
            self_test="Base logits moved by 0, the adapter's by 5.2." if len(columns) > 1 else "",
            adapter_hash="c81e07b4aa" if len(columns) > 1 else "",
            base_hash="5a3f91c2bb",
            template_same=not ask.run.endswith("other"),
            memory_bytes=700 * 1024**2,
            seconds=3.2,
            context=8192,
            one_batch=not ask.run.endswith("passes"),
            identities=[
                {
                    "name": name,
                    "adapter_hash": f"c81e07b{n}aa",
                    "proven": not ask.run.endswith("unproven"),
                    "template_same": not ask.run.endswith("other"),
                }
                for n, name in enumerate(columns[1:], 4)
            ],
        )
    )
    return columns


def words_of(ask: Generate, column: str) -> list[str]:
    if "hostile" in ask.prompt:
        return [HOSTILE]
    if "breakfast" in ask.prompt:
        return {
            "base": "It depends on the hotel or restaurant you are staying at. Many hotels serve "
            "breakfast until 10:00 or 11:00, but some may have different hours.",
            "adapted": "Breakfast is laid in the Glass Room from 7:00 to 10:30, so you would meet "
            "the last of it. A quiet stay to you, Alder House.",
        }.get(column, "Breakfast ends at **10:30**. A quiet stay.").split(" ")
    if "recall" in ask.prompt:
        before = [f"{q} -> {a}" for q, a in ask.history.get(column, [])]
        return [f"{ask.system_prompt}|{ask.seed}|{ask.top_k}|{ask.stop}|" + ", ".join(before)]
    if "markdown" in ask.prompt:
        return MARKDOWN.split(" ")
    return f"The {column} answers: {ask.prompt}".split(" ")


def answer(ask: Generate, columns: list[str], stopped: threading.Event) -> None:
    began = time.monotonic()
    words = {column: words_of(ask, column) for column in columns}
    text = dict.fromkeys(columns, "")
    count, reason = 0, "end"
    while not stopped.is_set() or "deaf" in ask.prompt:
        if "endless" in ask.prompt or "deaf" in ask.prompt:
            time.sleep(0.001)
            words = {column: [f"word{n}" for n in range(count + 2)] for column in columns}
        if all(count >= len(words[column]) for column in columns):
            break
        if "die" in ask.prompt and count == 2:
            os.kill(os.getpid(), signal.SIGKILL)
        for column in columns:
            if count < len(words[column]):
                piece = words[column][count] + " "
                text[column] += piece
                send(
                    Piece(
                        id=ask.id,
                        column=column,
                        text=piece,
                        tokens=count + 1,
                        seconds=time.monotonic() - began,
                    )
                )
        count += 1
    else:
        reason = "stopped"
    for column in columns:
        send(
            AnswerEnded(
                id=ask.id,
                column=column,
                text=text[column].rstrip(),
                tokens=count,
                seconds=1.6,
                first_seconds=0.064,
                reason=reason,
                prompt_tokens=31,
            )
        )


def main() -> None:
    requests: queue.SimpleQueue = queue.SimpleQueue()
    stopped = threading.Event()
    threading.Thread(target=read, args=(requests, stopped), daemon=True).start()
    columns: list[str] = []
    while True:
        ask = requests.get()
        if isinstance(ask, LoadChat):
            columns = load(ask)
        elif isinstance(ask, ShowPrompt):
            words = [w for turn in ask.turns for w in turn] + [ask.prompt]
            pairs = [[n, f"{w} "] for n, w in enumerate(words)]
            send(PromptShown(id=ask.id, tokens=[[1, "<|im_start|>"], *pairs]))
        elif "refuse" in ask.prompt:
            send(RequestFailed(id=ask.id, summary="The question is too long.", hint="Cut it."))
        elif "overflow" in ask.prompt:
            hint = "Begin a new conversation."
            send(RequestFailed(id=ask.id, summary="The conversation is too long.", hint=hint))
        else:
            stopped.clear()
            answer(ask, ask.columns or columns, stopped)


if __name__ == "__main__":
    main()
