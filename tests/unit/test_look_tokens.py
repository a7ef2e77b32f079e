"""The colours keep the contrasts that the look promises."""

from dataclasses import asdict

import pytest

from studio.ui.look.iconpaths import PATHS
from studio.ui.look.tokens import DARK, INK, LIGHT, Colors, contrast, ink_on

SCHEMES = [pytest.param(LIGHT, id="light"), pytest.param(DARK, id="dark")]
TINTS = ("accent_tint", "frozen_tint", "warning_tint", "danger_tint", "hover", "sunken")
READABLE, GRAPHIC = 4.5, 3.0
NAMED = """data model train chat runs settings help search filter add import export undo redo delete
    duplicate edit split tag warning error info check close left right up down play pause stop bud
    rollback leaf frozen gpu disk clock gauge offline copy folder download compare seed eye more pin
    shield measure fit send key queue"""


@pytest.mark.parametrize("c", SCHEMES)
@pytest.mark.parametrize("ink", ["text", "muted"])
@pytest.mark.parametrize("ground", ["surface", "bg", "raised", *TINTS])
def test_words_can_be_read_on_every_ground(c: Colors, ink: str, ground: str):
    assert contrast(getattr(c, ink), getattr(c, ground)) >= READABLE


@pytest.mark.parametrize("c", SCHEMES)
@pytest.mark.parametrize("tone", ["accent", "frozen", "warning", "danger"])
def test_a_tone_can_be_read_on_its_own_tint_and_on_the_surface(c: Colors, tone: str):
    for ground in (f"{tone}_tint", "surface", "bg"):
        assert contrast(getattr(c, tone), getattr(c, ground)) >= READABLE


@pytest.mark.parametrize("c", SCHEMES)
@pytest.mark.parametrize("fill", ["accent", "accent_hover", "accent_pressed"])
def test_the_primary_button_can_be_read_in_every_state(c: Colors, fill: str):
    assert contrast(c.on_accent, getattr(c, fill)) >= READABLE


@pytest.mark.parametrize("c", SCHEMES)
@pytest.mark.parametrize("ground", ["surface", "bg"])
def test_outlines_and_focus_stand_out(c: Colors, ground: str):
    assert contrast(c.border_strong, getattr(c, ground)) >= 2.9
    assert contrast(c.focus, getattr(c, ground)) >= READABLE


@pytest.mark.parametrize(("c", "least"), [(LIGHT, 4.6), (DARK, 5.4)])
@pytest.mark.parametrize("series", ["leaf", "clay", "lake", "plum", "slate", "bark"])
def test_a_curve_is_dark_enough_for_words_in_its_colour(c: Colors, least: float, series: str):
    assert contrast(getattr(c, series), c.surface) >= least - 0.05


@pytest.mark.parametrize("c", SCHEMES)
def test_the_label_inside_a_memory_part_can_be_read(c: Colors):
    for part in ("weights", "embeddings", "adapter", "gradients", "optimizer", "activations"):
        fill = getattr(c, part)
        assert contrast(ink_on(fill), fill) >= READABLE - 0.1


def test_both_schemes_spell_every_colour_as_six_digits():
    for c in (LIGHT, DARK):
        assert all(len(value) == 7 and int(value[1:], 16) >= 0 for value in asdict(c).values())
    assert contrast(INK, "#FFFFFF") > 15


def test_every_icon_the_look_names_is_drawn():
    assert set(NAMED.split()) <= set(PATHS)
