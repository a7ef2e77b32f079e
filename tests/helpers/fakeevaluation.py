"""Stands for the evaluation process: keeps results at once, or answers until it is paused.

python fakeevaluation.py finish|wait|fail
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from studio.core.evaluation import EvaluationRow, EvaluationState
from studio.core.evaluationmessages import (
    Evaluate,
    EvaluationAdvanced,
    EvaluationEnded,
    LookAtReadiness,
    PauseEvaluating,
)
from studio.core.problems import ModelError
from studio.core.protocol import PROTOCOL, RequestFailed
from studio.data.evaluations import Evaluations, JudgedRow
from studio.data.readiness import ReadinessLooks
from studio.data.writtenanswers import KeptAnswer
from studio.engine.evaluationscores import Written, judge
from tests.helpers import readyfound

HOSTILE = "<img src='http://x/y.png'><b>loud</b> " + "long" * 400
QUESTIONS = [f"Question {number}?" for number in range(8)] + [HOSTILE]
REFERENCES = [f"The answer is number {number}." for number in range(9)]


def keep_results(store: Evaluations, number: int, labels: bool = False) -> None:
    """Keep an evaluation whose adapted column answers all rows but one well."""
    from studio.core.evaluation import Results

    setup = store.one(number).setup
    references = ["yes" if n % 2 else "no" for n in range(9)] if labels else REFERENCES
    rows = [
        EvaluationRow(n + 1, QUESTIONS[n], references[n], (("user", QUESTIONS[n]),))
        for n in range(9)
    ]
    if store.frozen(number) is None:
        store.freeze(number, rows, {"shots": [], "left_out": 0, "warnings": []})
    written = []
    for column in setup.columns:
        base = column.name == "base"
        good = [n == 3 if base else n != 3 for n in range(9)]
        texts = [references[n] if good[n] else f"{HOSTILE[:60]} {n}" for n in range(9)]
        answers = [KeptAnswer(text, 5, "end") for text in texts]
        written.append(
            Written(column.name, answers, [(5.0 if good[n] else 20.0, 5) for n in range(9)])
        )
    shown = next((column.name for column in setup.columns if column.shots), "")
    judged = judge(written, references, ["no", "yes"] if labels else [], "", shown)
    results = Results(
        columns=tuple(judged.columns),
        rows=9,
        labels=("no", "yes") if labels else (),
        main=judged.main,
        warnings=("1 row has no written answer and cannot be judged.",),
        quantization="nf4",
        precision="fp32",
        device="cpu",
    )
    kept = [
        JudgedRow(
            n,
            n + 1,
            QUESTIONS[n],
            references[n],
            {w.name: w.answers[n].text for w in written},
            {name: scores[n] for name, scores in judged.scores.items()},
        )
        for n in range(9)
    ]
    store.finish(number, results, kept)


def main() -> None:
    mode = sys.argv[1]
    request = PROTOCOL.decode(sys.stdin.buffer.readline())
    if isinstance(request, LookAtReadiness):
        look(request, mode)
        return
    assert isinstance(request, Evaluate)
    if request.judge:
        judge_all(request)
        return
    if request.benchmarks:
        ask(request)
        return
    with Evaluations(Path(request.store)) as store:
        store.begin(request.evaluation)
        store.advance(request.evaluation, 6, 36)
        tell(EvaluationAdvanced(id=request.id, what="Writing answers", column="base", done=6,
                                total=36, left_seconds=75.0, tokens_per_second=123.0))  # fmt: skip
        if mode == "fail":
            problem = ModelError("The adapter was made for another base.", "Choose another.")
            store.end(request.evaluation, EvaluationState.FAILED, problem)
            tell(RequestFailed(id=request.id, summary=problem.summary, hint=problem.hint))
            return
        state = "done"
        if mode == "wait":
            assert isinstance(PROTOCOL.decode(sys.stdin.buffer.readline()), PauseEvaluating)
            store.end(request.evaluation, EvaluationState.PAUSED)
            state = "paused"
        else:
            keep_results(store, request.evaluation)
        tell(EvaluationEnded(id=request.id, state=state, done=6, total=36))


def look(request: LookAtReadiness, mode: str) -> None:
    """Keep made-up findings, or look until it is paused, or fail."""
    found = readyfound.found()
    with ReadinessLooks(Path(request.store)) as store:
        store.begin(request.look)
        store.advance(request.look, 6, 36)
        store.keep(request.look, "speed", found.speeds)
        tell(EvaluationAdvanced(id=request.id, what="Timing answers of the base", done=6, total=36))
        if mode == "fail":
            problem = ModelError("The adapter was made for another base.", "Choose another.")
            store.end(request.look, EvaluationState.FAILED, problem)
            tell(RequestFailed(id=request.id, summary=problem.summary, hint=problem.hint))
            return
        state = EvaluationState.DONE
        if mode == "wait":
            assert isinstance(PROTOCOL.decode(sys.stdin.buffer.readline()), PauseEvaluating)
            state = EvaluationState.PAUSED
        else:
            store.keep(request.look, "outside", found.outside)
            store.keep(request.look, "rule", found.routing)
            store.keep(request.look, "merging", found.merging)
        store.end(request.look, state)
        tell(EvaluationEnded(id=request.id, state=state, done=6, total=36))


def ask(request: Evaluate) -> None:
    """Keep a made-up score of each benchmark for each column."""
    from studio.core.benchmarks import BenchmarkScore, tasks_in
    from studio.data.benchmarks import Benchmarks

    with Evaluations(Path(request.store)) as store, Benchmarks(Path(request.store)) as kept:
        for at, column in enumerate(store.one(request.evaluation).setup.columns):
            value, questions = 0.5 + 0.2 * at, request.benchmark_limit
            kept.keep(
                request.evaluation,
                [
                    BenchmarkScore(column.name, task, "acc", value, 0.02, questions, 0, True, "1")
                    for task in tasks_in(request.benchmarks)
                ],
            )
    tell(EvaluationEnded(id=request.id, state="done", done=2, total=2))


def judge_all(request: Evaluate) -> None:
    """Keep what a judge says that prefers the column but once, and turns with the order once."""
    from studio.core.judging import Judgement
    from studio.data.judgements import Judgements

    with Evaluations(Path(request.store)) as store, Judgements(Path(request.store)) as kept:
        names = [c.name for c in store.one(request.evaluation).setup.columns if c.name != "base"]
        number = kept.begin(request.evaluation, Path(request.judge).name, "w", "p")
        kept.count(number, 9 * len(names), 0)
        chances = {0: (0.9, 0.2), 1: (0.1, 0.2)}
        kept.keep(
            number,
            [
                Judgement(at, name, *chances.get(at, (0.9, 0.9)))
                for name in names
                for at in range(9)
            ],
        )
    tell(EvaluationEnded(id=request.id, state="done", done=9, total=9))


def tell(message: object) -> None:
    sys.stdout.buffer.write(PROTOCOL.encode(message))
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
