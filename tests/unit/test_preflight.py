"""Before a start every fact against it is a sentence with a way out."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from studio.app.findings import Facts, Finding
from studio.app.preflight import DISK_MARGIN, check, disk_needed, may_start, plan
from studio.core.example import Kind
from studio.core.memory import ModelShape, estimate_memory
from studio.core.recipe import Recipe
from studio.data.checks.found import Fault, Lengths
from studio.machine.cards import NO_CARD, NO_DRIVER, Gpu, Holder
from studio.machine.devices import MachineReading
from studio.machine.models import ModelInfo
from tests.helpers import judged
from tests.helpers.judged import lengths

GIB = 1024**3
SHAPE = ModelShape(
    hidden=576,
    layers=30,
    heads=9,
    kv_heads=3,
    head_dim=64,
    intermediate=1536,
    vocab=49152,
    tied=True,
)
MODEL = ModelInfo(
    name="starter",
    folder=Path("/models/starter"),
    shape=SHAPE,
    parameters=134_515_008,
    dtype="bf16",
    size_bytes=269_000_000,
    has_template=True,
    template_family="ChatML",
    context=2048,
)
RECIPE = Recipe(micro_batch=4, epochs=3, max_tokens=128)
CPU = MachineReading(
    gpus=(), ram_total=16 * GIB, ram_available=12 * GIB, disk_free=100 * GIB, note=NO_CARD
)
CARD = Gpu(index=0, name="RTX 4070", total_bytes=12 * GIB, free_bytes=11 * GIB)


def facts(**changes: object) -> Facts:
    recipe = changes.pop("recipe", RECIPE)
    given = {
        "recipe": recipe,
        "dataset": "hotel-concierge",
        "splits": {"train": 264, "validation": 40, "test": 0},
        "lengths": lengths((1, 90, 50), (2, 100, 50)),
        "model": MODEL,
        "estimate": estimate_memory(SHAPE, recipe, "cpu"),
        "reading": CPU,
        "disk_free": 100 * GIB,
    }
    return Facts(**{**given, **changes})


def faults(known: Lengths, **problems: list[int]) -> tuple[Fault, ...]:
    return tuple(judged.found(known, problems).faults(known.row, RECIPE.max_tokens))


def found(given: Facts, code: str) -> Finding:
    return next(f for f in check(given) if f.code == code)


def test_all_good_may_start_and_says_that_it_trains_on_the_processor() -> None:
    findings = check(facts())
    assert may_start(findings)
    cpu = found(facts(), "cpu")
    assert cpu.level == "warn"
    assert "no NVIDIA card: it trains on the processor" in cpu.summary


def test_every_warning_and_every_stop_has_a_way_out() -> None:
    cases = (
        facts(),
        facts(splits=None),
        facts(splits={"train": 0, "validation": 0, "test": 0}),
        facts(splits={"train": 9, "validation": 0, "test": 0}),
        facts(model=None),
        facts(model=replace(MODEL, has_template=False)),
        facts(row_problem="The chat template did not finish within 3 s.", lengths=None),
        facts(faults=faults(lengths((3, 90, 50)), no_answer=[3])),
        facts(faults=faults(lengths((3, 90, 50)), mojibake=[3])),
        facts(reading=replace(CPU, ram_available=1024)),
        facts(disk_free=5),
        facts(live="concierge"),
        facts(recipe=replace(RECIPE, device="cuda")),
        facts(recipe_problem="These settings cannot be used."),
    )
    for case in cases:
        for finding in check(case):
            if finding.level != "good" and finding.code != "rows_pending":
                assert finding.action is not None, finding
                assert finding.action.label, finding


def test_without_dataset_or_rows_there_is_no_start() -> None:
    assert found(facts(splits=None), "no_dataset").level == "stop"
    empty = found(facts(splits={"train": 0, "validation": 3, "test": 0}), "no_rows")
    assert empty.level == "stop"
    assert "held out" in empty.hint


def test_a_missing_validation_split_is_offered() -> None:
    finding = found(facts(splits={"train": 264, "validation": 0, "test": 0}), "no_validation")
    assert finding.level == "warn"
    assert finding.action is not None
    assert (finding.action.kind, finding.action.payload) == ("split", 0.1)


def test_a_row_finding_names_its_rows_and_leads_to_them() -> None:
    row_ids = [3, 7, 9, 12, 40, 41]
    given = facts(faults=faults(lengths(*((row, 90, 50) for row in row_ids)), no_answer=row_ids))
    finding = found(given, "no_answer")
    assert finding.level == "stop"
    assert "Rows 3, 7, 9, 12 and 2 more." in finding.hint
    assert finding.action is not None
    assert (finding.action.kind, finding.action.payload) == ("rows", row_ids)
    assert not may_start(check(given))


def test_a_cut_answer_is_mended_by_a_longer_limit_if_the_model_has_room() -> None:
    long = lengths((1, 150, 110))
    finding = found(facts(lengths=long, faults=faults(long)), "end_cut")
    assert finding.action is not None
    assert finding.action.payload == {"max_tokens": 192}
    short = replace(MODEL, context=128)
    finding = found(facts(lengths=long, faults=faults(long), model=short), "end_cut")
    assert finding.action is not None
    assert finding.action.kind == "rows"


def test_rows_that_are_being_rendered_are_counted() -> None:
    finding = found(facts(lengths=None, done=120, total=304), "rows_pending")
    assert "120 of 304" in finding.hint


def test_what_does_not_fit_says_by_how_much_and_offers_smaller_steps() -> None:
    finding = found(facts(reading=replace(CPU, ram_available=64 * 1024**2)), "memory")
    assert finding.level == "stop"
    assert finding.summary.startswith("Does not fit: ")
    assert finding.action is not None
    assert finding.action.payload == {"micro_batch": 2, "grad_accum": 2}
    fits = found(facts(), "memory")
    assert fits.level == "good"
    assert "to spare" in fits.summary


def test_a_tight_fit_is_looked_at_and_may_start() -> None:
    given = facts()
    assert given.estimate is not None
    between = (given.estimate.total_bytes + given.estimate.high_bytes) // 2
    given = facts(reading=replace(CPU, ram_available=between))
    assert found(given, "memory").level == "warn"
    assert may_start(check(given))


def test_a_full_disk_is_said_with_what_is_missing() -> None:
    needed = disk_needed(facts().estimate)
    assert needed > DISK_MARGIN
    finding = found(facts(disk_free=needed - 5_000_000), "disk")
    assert finding.level == "stop"
    assert "5 MB are missing" in finding.summary
    assert found(facts(disk_free=needed), "disk").level == "good"


def test_a_stranger_on_the_card_is_named_with_what_it_holds() -> None:
    holders = (Holder(7, "ollama", 3 * GIB), Holder(8, "us", 2 * GIB, ours=True))
    busy = replace(CPU, gpus=(replace(CARD, holders=holders),), note="")
    finding = found(facts(reading=busy), "holder")
    assert finding.summary == "ollama holds 3.0 GiB of the card."
    assert sum(f.code == "holder" for f in check(facts(reading=busy))) == 1
    idle = replace(CPU, gpus=(CARD,), note="")
    assert found(facts(reading=idle), "card").level == "good"


def test_a_card_whose_driver_is_silent_is_not_called_missing() -> None:
    silent = replace(CPU, note=NO_DRIVER)
    finding = found(facts(reading=silent), "cpu")
    assert finding.summary == "The NVIDIA card cannot be used: it trains on the processor."
    assert finding.hint == NO_DRIVER


def test_the_card_that_the_recipe_names_is_the_one_that_is_judged() -> None:
    two = replace(CPU, gpus=(CARD, replace(CARD, index=1, free_bytes=GIB // 4)), note="")
    assert found(facts(reading=two), "memory").level == "good"
    second = RECIPE.replace(card=1)
    assert found(facts(reading=two, recipe=second), "memory").level == "stop"
    missing = found(facts(reading=two, recipe=RECIPE.replace(card=2)), "no_card")
    assert missing.summary == "The recipe asks for card 2, and this computer has 2 cards."
    assert missing.action is not None
    assert missing.action.payload == {"card": 0, "gpus": 1}
    lost = replace(two, note="NVIDIA card 2 no longer answers.")
    assert found(facts(reading=lost), "card_lost").level == "warn"


def test_what_the_chat_gives_up_before_a_run_counts_as_free() -> None:
    full = replace(CPU, gpus=(replace(CARD, free_bytes=GIB // 4),), note="")
    assert found(facts(reading=full), "memory").level == "stop"
    assert found(facts(reading=full, ours_back=8 * GIB), "memory").level == "good"


def test_a_recipe_for_a_card_that_is_not_there_is_stopped_with_the_processor_as_way() -> None:
    finding = found(facts(recipe=replace(RECIPE, device="cuda")), "no_card")
    assert finding.level == "stop"
    assert finding.action is not None
    assert finding.action.payload == {"device": "auto"}


def test_one_run_at_a_time() -> None:
    finding = found(facts(live="concierge"), "busy")
    assert finding.level == "stop"
    assert "concierge is training already" in finding.summary


def test_the_plan_counts_steps_and_tokens_of_training_rows_only() -> None:
    planned = plan(facts(splits={"train": 2, "validation": 0, "test": 0}))
    assert planned.steps == 3
    assert planned.tokens == 3 * 190
    assert planned.trained_tokens == 3 * 90
    assert planned.longest == 100
    capped = plan(facts(recipe=replace(RECIPE, max_steps=10)))
    assert capped.steps == 10
    assert plan(facts(splits={"train": 0})).steps == 0


def test_what_a_kind_of_rows_teaches_is_said_before_the_start() -> None:
    pairs = found(facts(kind=Kind.PREFERENCE), "chosen_only")
    assert (pairs.level, "rejected ones are not used" in pairs.summary) == ("warn", True)
    assert found(facts(kind=Kind.TEXT), "running_text").level == "good"
    assert {f.code for f in check(facts())}.isdisjoint({"chosen_only", "running_text"})


def test_the_template_that_stands_in_for_a_missing_one_is_named() -> None:
    bare = replace(MODEL, has_template=False)
    said = found(facts(model=bare), "no_template")
    assert "Rows are written as question and answer" in said.hint
    chosen = facts(model=bare, recipe=RECIPE.replace(template="chatml"))
    assert "no_template" not in {f.code for f in check(chosen)}


def test_packed_rows_make_fewer_steps() -> None:
    known = lengths(*((n, 100, 50) for n in range(40)))
    given = facts(lengths=known, splits={"train": 40, "validation": 0, "test": 0})
    recipe = replace(given.recipe, micro_batch=2, grad_accum=1, epochs=1, max_tokens=400)
    assert plan(replace(given, recipe=recipe)).steps == 20
    assert plan(replace(given, recipe=recipe.replace(packing=True))).steps == 5
