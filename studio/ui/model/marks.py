"""The badges that say what a model could be trained with on this computer."""

MARKS = {
    "Full": ("check", "Full", "good"),
    "LoRA": ("check", "LoRA", "good"),
    "QLoRA": ("check", "QLoRA", "good"),
    "tight": ("warning", "tight", "warning"),
    "over": ("error", "over", "danger"),
    "no": ("close", "too big", "plain"),
}
"""Icon, words and tone of each."""
