"""A look at an adapter with made-up figures: slower, forgetful, and another model when merged."""

from __future__ import annotations

from studio.core.readiness import (
    Merging,
    Outside,
    OutsideAnswer,
    Readiness,
    Speed,
    Speeds,
    Timed,
)
from studio.core.routing import Routing, Rule


def speed(first, rate, weights=110_000_000):
    """Return a speed with a tenth and a twentieth to both sides."""
    return Speed(
        first_token=Timed(first, first * 0.9, first * 1.1),
        tokens_per_second=Timed(rate, rate * 0.95, rate * 1.05),
        weight_bytes=weights,
        peak_bytes=1_400_000_000,
        counted="resident",
        answers=6,
    )


def answers(base, ours):
    """Return answers, right or not as the two lists say."""
    return tuple(
        OutsideAnswer(
            f"Question {n}?", "Yes.", "Yes." if b == o else "No room.", b, o, float(b == o)
        )
        for n, (b, o) in enumerate(zip(base, ours, strict=True))
    )


def found():
    """Return what was found."""
    return Readiness(
        speeds=Speeds(
            base=speed(0.2, 20.0),
            adapter=speed(0.25, 15.0, 115_000_000),
            adapter_file_bytes=5_000_000,
            device="cpu X",
            precision="fp32",
            quantization="nf4",
        ),
        outside=Outside(answers([True] * 9 + [False], [False] * 8 + [True, False]), 2),
        routing=Routing(Rule({"room": 1.0, "question": -2.0}, 0.5), 20, 1, 40, 4),
        merging=Merging(
            speed=speed(0.2, 20.0),
            answers=3,
            same=1,
            alike=0.7,
            likeliest=0.9,
            divergence=0.2,
            rounding=1.8,
            left=0.3,
            whole_bytes=269_000_000,
            whole=speed(0.15, 24.0, 269_000_000),
            whole_likeliest=1.0,
            whole_divergence=0.0004,
        ),
    )
