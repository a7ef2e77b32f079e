"""What is imported from other places than files of rows: Parquet, the Hub, dataset_info.json."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from studio.cli.engineask import ask_engine, look_up
from studio.cli.output import note
from studio.core.problems import DataError
from studio.core.units import file_size
from studio.core.workspace import file_name
from studio.data.datasetinfo import InfoEntry, looks_like_info, read_info
from studio.data.fileformats import PARQUET
from studio.data.layouts import Reading
from studio.data.looking import Plan, look_at
from studio.data.rowshapes import fitting
from studio.machine.enginecommand import engine_command
from studio.machine.network import check_network

HUB = "hub:"
Look = Callable[[Path], list[Plan]]


def add_foreign(parser: argparse.ArgumentParser) -> None:
    """Add the options that only matter for the Hub and dataset_info.json."""
    parser.add_argument("--config", metavar="C", default="", help="of a Hub dataset: its part")
    parser.add_argument(
        "--hub-split", metavar="S", default="", help="of a Hub dataset: only this split"
    )
    parser.add_argument(
        "--pick", metavar="NAME", default="", help="of a dataset_info.json: which dataset"
    )


def is_foreign(path: Path) -> bool:
    """Return whether something else than a file of rows is meant."""
    text = str(path)
    return text.startswith(HUB) or path.suffix.lower() == PARQUET or looks_like_info(path)


def title_of(path: Path, args: argparse.Namespace) -> str:
    """Return what the dataset is called if the user does not say it."""
    text = str(path)
    if text.startswith(HUB):
        return file_name(text.removeprefix(HUB).partition("@")[0].rpartition("/")[2], "dataset")
    return args.pick or path.stem


def foreign_plans(path: Path, folder: Path, args: argparse.Namespace, look: Look) -> list[Plan]:
    """Return plans for what is to be imported, made into files of rows in a folder.

    Args:
        path: as the user named it.
        folder: which goes when the import is over.
        args: of the command.
        look: looks at a file of rows.

    Raises:
        StudioError: it cannot be read, or has not been chosen clearly.
    """
    text = str(path)
    if text.startswith(HUB):
        repo, _, revision = text.removeprefix(HUB).partition("@")
        return _hub_plans(repo, revision or "main", args.config, args.hub_split, folder)
    if not looks_like_info(path):
        return _parquet_plans(path, folder)
    entry = _picked(read_info(path), args.pick, path.name)
    if entry.path is not None:
        plans = _parquet_plans(entry.path, folder) if is_foreign(entry.path) else look(entry.path)
    else:
        plans = _hub_plans(entry.hub, "main", entry.config, entry.split, folder)
    return [_read_as(plan, entry.reading) for plan in plans]


def _picked(entries: list[InfoEntry], name: str, file: str) -> InfoEntry:
    if not name and len(entries) != 1:
        listed = ", ".join(entry.name for entry in entries[:20])
        raise DataError(
            f"{file} names {len(entries)} datasets: {listed}.", "Choose one with --pick NAME."
        )
    found = next((entry for entry in entries if entry.name == (name or entry.name)), None)
    if found is None:
        raise DataError(f"{file} names no dataset {name!r}.")
    if found.trouble:
        raise DataError(f"{found.name} cannot be imported. {found.trouble}")
    return found


def _read_as(plan: Plan, reading: Reading | None) -> Plan:
    return plan if reading is None else plan.read_as(fitting(reading, plan.columns))


def _parquet_plans(path: Path, folder: Path) -> list[Plan]:
    staged = folder / f"{len(list(folder.iterdir()))}.jsonl"
    done = ask_engine(engine_command("convert", "rows", str(path), "--into", str(staged)))
    for remark in done.notes:
        note(f"  {remark}")
    return look_at(staged, called=path.name)


def _hub_plans(repo: str, revision: str, config: str, split: str, folder: Path) -> list[Plan]:
    check_network()
    ask = ["--revision", revision]
    found = look_up(engine_command("hubdata", "look", repo, *ask))
    note(
        f"  {repo} at {found.revision[:12]}, {file_size(found.size_bytes)} of files,"
        f" licence: {found.licence or 'not said'}"
    )
    names = [name for name, _ in found.configs]
    if not config and len(names) > 1:
        note(f"  Its parts are {', '.join(names[:12])}; the first is taken.")
    staged = folder / f"{len(list(folder.iterdir()))}.jsonl"
    command = engine_command("hubdata", "take", repo, "--into", str(staged))
    command += ["--revision", found.revision, "--config", config or names[0], "--split", split]
    done = ask_engine(command, network=True)
    for remark in done.notes:
        note(f"  {remark}")
    return look_at(staged, called=f"{repo}@{found.revision[:12]}")
