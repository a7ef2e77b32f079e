"""The one place where colours and sizes of the look are spelled; knows nothing of Qt."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Colors:
    """All colours of one scheme, as #RRGGBB."""

    bg: str
    surface: str
    raised: str
    sunken: str
    hover: str
    border: str
    border_strong: str
    grid: str
    text: str
    muted: str
    accent: str
    accent_hover: str
    accent_pressed: str
    on_accent: str
    accent_tint: str
    frozen: str
    frozen_tint: str
    warning: str
    warning_tint: str
    danger: str
    danger_tint: str
    on_danger: str
    focus: str
    # series of the charts
    leaf: str
    clay: str
    lake: str
    plum: str
    slate: str
    bark: str
    # parts of the memory bar
    others: str
    others_hatch: str
    weights: str
    embeddings: str
    adapter: str
    gradients: str
    optimizer: str
    activations: str
    working: str
    head: str
    buffers: str
    context: str


LIGHT = Colors(
    bg="#F2F4F1",
    surface="#FFFFFF",
    raised="#FFFFFF",
    sunken="#E9ECE8",
    hover="#EEF2EF",
    border="#D5DAD5",
    border_strong="#858F8A",
    grid="#E6EAE6",
    text="#1A2220",
    muted="#55605B",
    accent="#0B6E4F",
    accent_hover="#095C42",
    accent_pressed="#074B36",
    on_accent="#FFFFFF",
    accent_tint="#DCEFE6",
    frozen="#46586A",
    frozen_tint="#E2E8EE",
    warning="#875000",
    warning_tint="#FAECD0",
    danger="#B12D1A",
    danger_tint="#FAE3DE",
    on_danger="#FFFFFF",
    focus="#1A66D6",
    leaf="#0B7A57",
    clay="#BD5214",
    lake="#2A6CC4",
    plum="#7B2C83",
    slate="#647789",
    bark="#2E3835",
    others="#C9CFCA",
    others_hatch="#8A938E",
    weights="#4A5D70",
    embeddings="#7E92A5",
    adapter="#0B6E4F",
    gradients="#3A9C78",
    optimizer="#86C9AE",
    activations="#AD5E20",
    working="#D8954F",
    head="#EDC08B",
    buffers="#8A938E",
    context="#B4BBB6",
)

DARK = Colors(
    bg="#14181A",
    surface="#1B2123",
    raised="#252C2F",
    sunken="#0F1314",
    hover="#222A2C",
    border="#323B3E",
    border_strong="#71807F",
    grid="#283033",
    text="#E6ECE9",
    muted="#A4B0AB",
    accent="#4CC499",
    accent_hover="#63D1A9",
    accent_pressed="#3AAE85",
    on_accent="#06251A",
    accent_tint="#173A2E",
    frozen="#A3B5C6",
    frozen_tint="#27323C",
    warning="#E8B458",
    warning_tint="#3A2E15",
    danger="#FF8F79",
    danger_tint="#44231C",
    on_danger="#2B0A04",
    focus="#6FB1FF",
    leaf="#4CC499",
    clay="#F0935A",
    lake="#5FA3F5",
    plum="#F2A6D8",
    slate="#8497A8",
    bark="#F0F4F2",
    others="#3C4648",
    others_hatch="#7C8884",
    weights="#8DA2B6",
    embeddings="#61758A",
    adapter="#4CC499",
    gradients="#288263",
    optimizer="#1F644D",
    activations="#E39A5C",
    working="#C17D45",
    head="#7D4E29",
    buffers="#7C8884",
    context="#56615E",
)

INK = "#10201A"
"""Dark label inside a filled bar, where white has less contrast."""

# Sizes, logical pixels
MARGIN = 20
MARGIN_TOP = 16
GAP_COLUMN = 14
GAP_CARD = 12
PADDING = 14
RADIUS_TOKEN = 3
RADIUS_BADGE = 4
RADIUS_CONTROL = 6
RADIUS_CARD = 8
HEIGHT_INPUT = 30
HEIGHT_COMPACT = 26
HEIGHT_ROW = 30
HEIGHT_CARD_HEADER = 40
HEIGHT_MENU = 28
HEIGHT_HEADER = 64
HEIGHT_STATUS = 30
WIDTH_RAIL = 76
COMPACT_BELOW = 1340
"""Window width in px under which the pages take their small form."""


def luminance(colour: str) -> float:
    """Return the relative luminance of #RRGGBB, 0 to 1. Source: WCAG 2.2."""
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21. Source: WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(fill: str) -> str:
    """Return white or INK, whichever reads better on the fill."""
    return max("#FFFFFF", INK, key=lambda ink: contrast(ink, fill))
