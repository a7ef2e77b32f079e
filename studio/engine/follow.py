"""An engine that works along on a run which another process leads; it writes nothing of the run."""

from __future__ import annotations

import logging
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

from studio.core.workspace import RunFolder
from studio.data.recipefile import read_recipe
from studio.engine.control import Wishes
from studio.engine.emit import SilentLog
from studio.engine.explain import DivergedError, explain, first_line, is_memory_short
from studio.engine.place import Place


def follow(run: RunFolder, place: Place, niceness: int) -> int:
    """Take this engine's part of each step until the first engine ends.

    Whether the run ended well is the first engine's to say. A wish to end is too: it comes to all
    through it, so the launcher's signals are left alone here.

    Returns:
        0 once the first engine is through or gone, else 1.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    with suppress(OSError, AttributeError):  # Windows has no niceness
        os.nice(max(0, niceness - os.nice(0)))
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)  # it misses what nobody needs
    # Seconds of imports, after what must not wait for them
    from studio.engine.session import Session
    from studio.engine.team import is_peer_lost

    session = None
    try:
        recipe = read_recipe(run.recipe)
        session = Session(run, recipe, SilentLog(), Wishes(Path(os.devnull), 0.0), place)
        session.work()
    except DivergedError:
        return 0  # all engines saw it; the first one tells
    except Exception as err:  # noqa: BLE001 - each is told with a sentence
        if is_peer_lost(err):
            return 0
        ending = explain(err)
        why = first_line(err) if is_memory_short(err) else ending.summary
        said = f"Process {place.rank} of the run: {why}"
        if session is not None:
            session.team.say_last(said)
        sys.stderr.write(f"{said} {ending.hint}\n{ending.details}".strip() + "\n")
        return 1
    return 0
