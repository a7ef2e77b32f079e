"""A conversation on the terminal: each column goes on with its own turns."""

from __future__ import annotations

import sys
from typing import Any

from studio.cli.chatlive import LiveText, printable
from studio.cli.chatprocess import ChatProcess, ProcessEnded
from studio.cli.output import note, report, say, say_json
from studio.core.problems import EngineError
from studio.core.protocol import AnswerEnded, ChatLoaded, Generate, Piece
from studio.core.sampler import Sampler
from studio.core.talk import ENDINGS
from studio.core.units import rate

PROMPT = "You: "
COMMANDS = "/new  /system TEXT  /seed NUMBER  /quit   (Ctrl+C stops an answer)"


class ChatLoop:
    """Asks what is typed, keeps each column's turns, and knows a few commands.

    Args:
        process: holds the model.
        loaded: what it holds.
        sampler: how answers are drawn.
        system: the system prompt; None is that of training.
        as_json: answers are printed as one JSON document a question.
    """

    def __init__(
        self,
        process: ChatProcess,
        loaded: ChatLoaded,
        sampler: Sampler,
        system: str | None,
        *,
        as_json: bool,
    ) -> None:
        self._process, self._columns = process, [str(name) for name in loaded.columns]
        self._sampler, self._system, self._as_json = sampler, system, as_json
        self._seed = sampler.seed
        self._turns: dict[str, list[list[str]]] = {}
        self._id = loaded.id
        self._live = LiveText(self._columns)

    def run(self) -> int:
        """Ask line after line until the input ends, /quit, or Ctrl+C while nothing is answered."""
        if sys.stdin.isatty():
            note(COMMANDS)
        while True:
            try:
                line = self._line()
                if line is None or not self._take(line.strip()):
                    return 0
            except KeyboardInterrupt:
                note("")
                return 0

    def ask(self, question: str) -> dict[str, AnswerEnded]:
        """Ask in every column; the answers become turns.

        Raises:
            EngineError: it cannot be answered.
        """
        self._id += 1
        self._live.begin()
        sampler = self._sampler
        request = Generate(
            id=self._id,
            prompt=question,
            max_new_tokens=sampler.max_new_tokens,
            temperature=sampler.temperature,
            top_p=sampler.top_p,
            seed=self._seed,
            top_k=sampler.top_k,
            repetition=sampler.repetition,
            stop=list(sampler.stop),
            system_prompt=self._system,
            history=dict(self._turns),
        )
        try:
            answers = self._process.ask(request, self._columns, self._tell)
        finally:
            self._live.end()
        for name, answer in answers.items():
            if answer.text:
                self._turns.setdefault(name, []).append([question, answer.text])
        return answers

    def show(self, answers: dict[str, AnswerEnded]) -> None:
        """Print the answers one below the other."""
        for name in self._columns:
            body, ending = column_body(answers[name]), answers[name].reason
            speed = f"{body['tokens']} tokens, {rate(body['tokens_per_second'])} a second"
            words = f"{name}  ({speed}, {ENDINGS.get(ending, ending)})\n{body['text']}\n"
            say(printable(words))

    def _line(self) -> str | None:
        if not sys.stdin.isatty():
            return sys.stdin.readline() or None
        try:
            return input(PROMPT)
        except EOFError:
            return None

    def _take(self, line: str) -> bool:
        """Carry out one line; return whether to go on."""
        command, _, rest = line.partition(" ")
        match command:
            case "":
                pass
            case "/quit":
                return False
            case "/new":
                self._turns = {}
                note("A new conversation begins.")
            case "/system":
                self._system = rest.strip() or None
                note("System prompt changed." if self._system else "System prompt of training.")
            case "/seed" if rest.strip().isdecimal():
                self._seed = int(rest)
                note(f"Seed {self._seed}.")
            case _ if command.startswith("/"):
                note(COMMANDS)
            case _:
                self._answer(line)
        return True

    def _answer(self, question: str) -> None:
        try:
            answers = self.ask(question)
        except ProcessEnded:
            raise
        except EngineError as problem:
            report(problem, as_json=self._as_json)
            return
        if self._as_json:
            columns = [column_body(answers[name]) for name in self._columns]
            say_json({"question": question, "columns": columns})
        else:
            self.show(answers)

    def _tell(self, piece: Piece) -> None:
        """Show on a terminal what is written."""
        if not self._as_json:
            self._live.add(piece.column, piece.text, piece.tokens)


def column_body(answer: AnswerEnded) -> dict[str, Any]:
    """Return one column's answer as plain values."""
    return {
        "name": answer.column,
        "text": answer.text,
        "tokens": answer.tokens,
        "tokens_per_second": round(answer.tokens / answer.seconds, 3) if answer.seconds else 0.0,
        "seconds": round(answer.seconds, 3),
        "first_seconds": round(answer.first_seconds, 3),
        "reason": answer.reason,
        "prompt_tokens": answer.prompt_tokens,
    }
