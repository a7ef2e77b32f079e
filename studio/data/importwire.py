"""Plans and reports of imports as plain values, to travel between the window and its process."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from studio.core.example import Kind
from studio.data.bytestreams import Part
from studio.data.fileformats import Format, Written
from studio.data.importing import ImportReport, Problem
from studio.data.layouts import Layout, Reading
from studio.data.looking import Plan
from studio.data.textrows import Each


def plan_body(plan: Plan) -> dict[str, Any]:
    """Return a plan without its sample rows, which the import does not need."""
    part = dataclasses.asdict(plan.part) | {"path": str(plan.part.path)}
    reading = plan.reading and dataclasses.asdict(plan.reading)
    return {
        "part": part,
        "written": dataclasses.asdict(plan.written),
        "each": plan.each,
        "reading": reading,
        "columns": list(plan.columns),
        "fault": plan.fault,
        "remarks": list(plan.remarks),
    }


def plan_of(body: dict[str, Any]) -> Plan:
    """Return the plan of a body."""
    reading, written = body["reading"], body["written"]
    if reading:
        kind, layout = Kind(reading["kind"]), Layout(reading["layout"])
        reading = Reading(kind, layout, reading["roles"])
    return Plan(
        Part(**body["part"] | {"path": Path(body["part"]["path"])}),
        Written(**written | {"format": Format(written["format"])}),
        Each(body["each"]),
        reading,
        tuple(body["columns"]),
        (),
        body["fault"],
        tuple(body["remarks"]),
    )


def report_body(report: ImportReport) -> dict[str, Any]:
    """Return a report."""
    return dataclasses.asdict(report) | {
        "dataset": str(report.dataset),
        "source": str(report.source),
    }


def report_of(body: dict[str, Any]) -> ImportReport:
    """Return the report of a body."""
    changed = {
        "problems": [Problem(**problem) for problem in body["problems"]],
        "dataset": Path(body["dataset"]),
        "source": Path(body["source"]),
        "kind": Kind(body["kind"]),
        "files": tuple(body["files"]),
        "remarks": tuple(body["remarks"]),
    }
    return ImportReport(**body | changed)
