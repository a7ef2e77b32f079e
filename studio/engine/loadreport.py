"""What transformers only logs of an error while it loads weights: why they did not come about."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from studio.engine.explain import is_memory_short

_LOGGER = "transformers.modeling_utils"
_MOST = 6000
"""Characters of the log that are kept; its end says the error."""


class _Kept(logging.Handler):
    """Keeps what is logged while weights are loaded."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said = ""

    def emit(self, record: logging.LogRecord) -> None:
        self.said = f"{self.said}\n{record.getMessage()}"[-_MOST:]


@contextmanager
def log_told() -> Iterator[None]:
    """Give an error the words that were logged before it.

    An error while weights are quantised is logged and another one raised that does not say it.

    Raises:
        MemoryError: the log says that there was no memory left.
    """
    logger, kept = logging.getLogger(_LOGGER), _Kept()
    level = logger.level
    logger.setLevel(logging.WARNING)  # whatever else is silenced
    logger.addHandler(kept)
    try:
        yield
    except RuntimeError as err:
        if is_memory_short(RuntimeError(kept.said)):
            raise MemoryError("There was no memory left while the weights were loaded.") from err
        if kept.said:
            err.add_note(kept.said)
        raise
    finally:
        logger.removeHandler(kept)
        logger.setLevel(level)
