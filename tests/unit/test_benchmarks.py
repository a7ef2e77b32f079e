"""Standard benchmarks: names, what lm-eval returns, the table, and the extra that is not there."""

from __future__ import annotations

import argparse
import math

import pytest

from studio.cli.benchmarking import benchmarks_of
from studio.core.benchmarks import benchmark_rows, gain_of, scores_in, tasks_in
from studio.core.problems import DataError
from studio.data.benchmarks import Benchmarks

FOUND = {
    "results": {
        "arc_easy": {
            "alias": "arc_easy",
            "acc,none": 0.6,
            "acc_stderr,none": 0.02,
            "acc_norm,none": 0.55,
            "acc_norm_stderr,none": "N/A",
        },
        "gsm8k": {"exact_match,strict-match": 0.1, "exact_match_stderr,strict-match": 0.01},
    },
    "n-samples": {"arc_easy": {"original": 2376, "effective": 50}},
    "n-shot": {"gsm8k": 5},
    "versions": {"arc_easy": 1.0},
    "higher_is_better": {"arc_easy": {"acc": True, "acc_norm": True}},
}


def test_what_lm_eval_returns_becomes_a_score_a_metric():
    made = {(s.task, s.metric): s for s in scores_in(FOUND, "base")}
    first = made["arc_easy", "acc"]
    assert (first.value, first.stderr, first.questions, first.higher) == (0.6, 0.02, 50, True)
    assert made["arc_easy", "acc_norm"].stderr is None
    assert made["gsm8k", "exact_match (strict-match)"].shots == 5
    assert len(made) == 3 and scores_in({}, "base") == []


def test_the_table_says_who_is_better_and_what_may_be_chance():
    better = {"results": {"arc_easy": {"acc,none": 0.8, "acc_stderr,none": 0.02}}}
    better |= {"higher_is_better": {"arc_easy": {"acc": True}}}
    scores = [*scores_in(better, "tuned"), *scores_in(FOUND, "base")]
    rows = {row[:2]: row[2:] for row in benchmark_rows(scores)}
    assert rows["Benchmark", "Metric"] == ("base", "tuned")
    assert rows["arc_easy", "acc"] == ("0.600 ± 0.020", "0.800 ± 0.020 · +0.200, better")
    assert rows["arc_easy", "acc_norm"] == ("0.550", "–")
    better["results"]["arc_easy"]["acc,none"] = 0.61
    scores = [*scores_in(better, "tuned"), *scores_in(FOUND, "base")]
    assert benchmark_rows(scores)[1][3].endswith("+0.010, may be chance")
    tuned, base = scores[0], scores[1]
    gap, low, high = gain_of(tuned, base)
    assert high - gap == pytest.approx(1.96 * math.hypot(0.02, 0.02)) and low < 0 < high


def test_names_of_tasks_are_names():
    assert tasks_in("arc_easy, hellaswag  arc_easy") == ("arc_easy", "hellaswag")
    for words in ("", "../../etc", "a b;c", ",".join(f"t{n}" for n in range(21))):
        with pytest.raises(DataError):
            tasks_in(words)


def test_scores_of_a_task_replace_what_it_gave_before(tmp_path):
    with Benchmarks(tmp_path / "e.sqlite") as kept:
        kept.keep(1, scores_in(FOUND, "base"))
        kept.keep(1, [s for s in scores_in(FOUND, "base") if s.metric == "acc"])
        assert [(s.task, s.metric) for s in kept.of(1)] == [
            ("arc_easy", "acc"),
            ("gsm8k", "exact_match (strict-match)"),
        ]
        assert kept.of(2) == []


def test_tasks_that_ask_to_run_code_are_refused_and_the_missing_extra_says_how_to_get_it(
    tmp_path, monkeypatch
):
    from studio.core.benchmarks import BenchmarksWanted
    from studio.core.problems import EngineError
    from studio.engine import benchmarks

    (tmp_path / "evil.yaml").write_text("task: evil\nprocess_docs: !function evil.run\n")
    with pytest.raises(DataError, match="run code of its own"):
        benchmarks._own_tasks(str(tmp_path))
    monkeypatch.setattr(benchmarks.importlib.util, "find_spec", lambda _name: None)
    wanted = BenchmarksWanted(("arc_easy",))
    with pytest.raises(EngineError, match="not installed") as raised:
        benchmarks.ask_benchmarks(None, None, 1, wanted, None, lambda: False)
    assert "graft-studio[benchmarks]" in raised.value.hint
    args = argparse.Namespace(benchmarks="arc_easy", task_folder=None, benchmark_limit=0)
    with pytest.raises(EngineError, match="not installed"):  # before minutes of answers
        benchmarks_of(args)


def test_data_that_is_not_on_this_computer_is_told_from_other_errors():
    from studio.engine.benchmarks import _is_missing_data

    outer = RuntimeError("the task could not be built")
    outer.__cause__ = ConnectionError("offline")
    assert _is_missing_data(outer) and not _is_missing_data(ValueError("another"))
