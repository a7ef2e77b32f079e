"""Writes a run's report: one page of HTML that needs nothing else, and the same as Markdown."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass
from pathlib import Path

from studio import __version__
from studio.core.problems import DataError, DiskFullError
from studio.core.reportblocks import Report
from studio.core.reporthtml import html_of
from studio.core.reportmarkdown import markdown_of
from studio.core.units import NO_VALUE, day
from studio.core.workspace import Workspace
from studio.data.reportanswers import readiness_section, samples_section
from studio.data.reportfacts import Facts, facts_of
from studio.data.reportlook import benchmarks_section
from studio.data.reportorigins import data_section, origin_section, recipe_section
from studio.data.reportresults import (
    curves_section,
    forgetting_section,
    scores_sections,
    summary_section,
)
from studio.data.reportvotes import votes_section

ENDINGS = (".html", ".htm")


@dataclass(frozen=True, slots=True)
class Written:
    """The files of a report."""

    html: Path
    markdown: Path


def report_of(facts: Facts) -> Report:
    """Return a run's report as values."""
    recipe, state = facts.recipe, facts.history.state
    model = Path(str(facts.origin.get("model") or recipe.model)).name
    began = time.localtime(state.started)
    when = f"{day(began)} {began.tm_year}" if state.started else NO_VALUE
    sections = (
        summary_section(facts),
        *scores_sections(facts),
        benchmarks_section(facts.benchmarks),
        votes_section(facts),
        curves_section(facts),
        forgetting_section(facts),
        samples_section(facts),
        readiness_section(facts),
        data_section(facts),
        recipe_section(facts),
        origin_section(facts),
    )
    return Report(
        kind="Fine-tuning report",
        title=facts.title,
        line=f"{model} · {recipe.method_title} · {Path(recipe.dataset).stem} · {when}",
        sections=sections,
        foot=f"Written by Graft Studio {__version__} on {time.strftime('%Y-%m-%d at %H:%M')}.",
    )


def default_place(workspace: Workspace, run: str) -> Path:
    """Return where a run's report is written if nobody says where: in the run's own folder."""
    return workspace.run(run).path / "report.html"


def write_report(workspace: Workspace, run: str, target: Path | None = None) -> Written:
    """Write a run's report; each file is replaced whole or stays as it was.

    Args:
        workspace: where the run is.
        run: its id.
        target: the HTML file; the Markdown is beside it. None for the run's own folder.

    Raises:
        StudioError: there is no such run, or it cannot be read.
        DataError: the file cannot be written, or is none of HTML.
        DiskFullError: there is no room for it.
    """
    place = target or default_place(workspace, run)
    if place.suffix.lower() not in ENDINGS:
        raise DataError(
            f"A report is a page of HTML, and {place.name} is not named like one.",
            f"Name it {place.stem}.html; the Markdown is written beside it.",
        )
    report = report_of(facts_of(workspace, run))
    beside = place.with_suffix(".md")
    write_text(place, html_of(report))
    write_text(beside, markdown_of(report))
    return Written(place, beside)


def write_text(place: Path, text: str) -> None:
    """Write a file whole, or leave what was there.

    Raises:
        DataError: it cannot be written.
        DiskFullError: there is no room for it.
    """
    staged = place.with_name(f".{place.name}.{os.getpid()}.partial")
    try:
        staged.write_text(text, encoding="utf-8", errors="replace", newline="\n")
        staged.replace(place)
    except OSError as err:
        if err.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise DiskFullError(
                f"The disk is full: {place.name} was not written.", "Free some room."
            ) from err
        raise DataError(
            f"{place} cannot be written: {err.strerror or err}.", "Choose another place."
        ) from err
    finally:
        staged.unlink(missing_ok=True)
