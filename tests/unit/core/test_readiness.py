"""What a look at an adapter comes to: kept as it is, and said without more than was measured."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from studio.core.readiness import (
    Merging,
    Outside,
    Readiness,
    part_body,
    readiness_body,
    readiness_of,
)
from studio.core.readinesswords import findings, table
from tests.helpers.readyfound import answers, found, speed


def test_what_was_found_is_kept_as_it_is():
    made = found()
    parts = {
        "speed": part_body(made.speeds),
        "outside": part_body(made.outside),
        "rule": part_body(made.routing),
        "merging": part_body(made.merging),
    }
    assert readiness_of(json.loads(json.dumps(parts))) == made and made.whole
    assert not readiness_of({"rule": part_body("Too few prompts.")}).whole
    with pytest.raises(ValueError, match="not a"):
        readiness_of({"speed": {"base": {}}})


def test_sums_that_scripts_ask_for_stand_in_the_body():
    body = readiness_body(found())
    assert body["outside"]["lost"] == 8 and body["outside"]["won"] == 0
    assert body["rule"]["right_with_the_rule"] == 9  # every question goes to the base


def test_what_is_lost_slower_or_changed_by_merging_is_a_warning():
    tones = {said.fact.split(" ")[0]: said.tone for said in findings(found())}
    assert tones["15.0"] == "warning"  # tokens a second
    assert tones["Outside"] == "warning" and tones["Merged,"] == "warning"
    words = " ".join(f"{said.fact} {said.why}" for said in findings(found()))
    assert "25\u00a0% slower than its base" in words
    assert "8 were lost and 0 won" in words
    assert "sends 90\u00a0% of general questions to the base, and 5\u00a0%" in words
    assert "30\u00a0% of the adapter's change is left in them" in words
    assert "Kept in 16 bits, 269 MB, the likeliest token is the same at 100\u00a0%" in words
    assert "use the adapter, or merge it into 16 bits." in words
    untried = replace(found().merging, whole=None, whole_why="There is no room.")
    words = findings(replace(found(), merging=untried))[-1].why
    assert "would be 269 MB. There is no room." in words and "or evaluate again" in words


def test_what_may_be_chance_is_said_to_be():
    made = found()
    speeds = replace(made.speeds, adapter=speed(0.2, 19.5))
    outside = Outside(answers([True, True, False], [True, False, False]), 0)
    told = findings(Readiness(speeds=speeds, outside=outside))
    assert "overlap, so this may be chance" in told[0].why and told[0].tone == "plain"
    assert "may be chance" in told[2].why and told[2].tone == "plain"


def test_what_is_not_looked_at_yet_has_no_figure():
    made = found()
    assert table(Readiness()) == [] and findings(Readiness()) == []
    rows = table(replace(made, merging=None))
    assert {row[3] for row in rows} == {row[4] for row in rows} == {"–"}
    assert findings(Readiness(merging=Merging(why_not="Because.")))[0].why == "Because."
