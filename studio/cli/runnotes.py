"""What the user says about a run from the terminal: its title, its notes and its tags."""

from __future__ import annotations

import argparse
from dataclasses import replace

from studio.cli.output import Commands, add_shared, say, say_json, workspace_of
from studio.core.workspace import RunFolder
from studio.data.runfiles import find_run, summarize
from studio.data.runmeta import RunMeta, clean_tags, meta_of, write_meta


def add_notes(acts: Commands) -> None:
    """Add note, tag and title to the parsers of runs."""
    note = acts.add_parser("note", help="show a run's notes, or write others")
    note.add_argument("run_id", metavar="RUN")
    note.add_argument("text", nargs="?", help="the notes from now on; empty text clears them")
    note.add_argument("--add", action="store_true", help="put the text below what is there")
    note.set_defaults(run=_note)
    tag = acts.add_parser("tag", help="show a run's tags, or change them")
    tag.add_argument("run_id", metavar="RUN")
    tag.add_argument("tags", nargs="*", metavar="TAG", help="tags to add")
    tag.add_argument("--remove", action="append", default=[], metavar="TAG", help="may be repeated")
    tag.set_defaults(run=_tag)
    title = acts.add_parser("title", help="call a run something else; its id stays")
    title.add_argument("run_id", metavar="RUN")
    title.add_argument("text", metavar="TITLE")
    title.set_defaults(run=_title)
    for parser in (note, tag, title):
        add_shared(parser)


def _note(args: argparse.Namespace) -> int:
    folder = find_run(workspace_of(args).run(args.run_id))
    meta = meta_of(folder)
    if args.text is not None:
        below = f"{meta.notes.rstrip()}\n{args.text}".lstrip() if args.add else args.text
        meta = replace(meta, notes=below)
        write_meta(folder, meta)
    return _answer(args, folder, meta, meta.notes or "No notes.")


def _tag(args: argparse.Namespace) -> int:
    folder = find_run(workspace_of(args).run(args.run_id))
    meta = meta_of(folder)
    gone = set(clean_tags(args.remove))
    tags = tuple(tag for tag in clean_tags((*meta.tags, *args.tags)) if tag not in gone)
    if tags != meta.tags:
        meta = replace(meta, tags=tags)
        write_meta(folder, meta)
    return _answer(args, folder, meta, ", ".join(meta.tags) or "No tags.")


def _title(args: argparse.Namespace) -> int:
    folder = find_run(workspace_of(args).run(args.run_id))
    meta = replace(meta_of(folder), title=args.text.strip())
    write_meta(folder, meta)
    return _answer(args, folder, meta, summarize(folder).title or folder.id)


def _answer(args: argparse.Namespace, folder: RunFolder, meta: RunMeta, words: str) -> int:
    if args.json:
        told = {"title": meta.title, "notes": meta.notes, "tags": list(meta.tags)}
        say_json({"run": folder.id} | told)
    else:
        say(words)
    return 0
