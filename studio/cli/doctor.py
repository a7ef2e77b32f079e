"""The command ``doctor``: what of this computer works for training."""

from __future__ import annotations

import argparse
import dataclasses

from studio.cli.output import Commands, add_shared, say, say_json, workspace_of
from studio.core.problems import EngineError
from studio.core.protocol import Check, RequestFailed
from studio.machine.enginecommand import engine_command, replies

_MARKS = {"good": "✓", "warn": "!", "bad": "✗"}


def add_commands(commands: Commands) -> None:
    """Add doctor."""
    parser = commands.add_parser(
        "doctor",
        help="examine this computer",
        description="Examines driver, torch, bitsandbytes, memory and disk, and takes a real "
        "4-bit training step. Ends with 1 when something does not work.",
    )
    add_shared(parser)
    parser.set_defaults(run=_doctor)


def _doctor(args: argparse.Namespace) -> int:
    workspace = workspace_of(args)
    checks = []
    for reply in replies(engine_command("doctor", "--workspace", str(workspace.path))):
        if isinstance(reply, RequestFailed):
            raise EngineError(reply.summary, reply.hint, reply.details)
        if isinstance(reply, Check):
            checks.append(reply)
            if not args.json:
                _say_check(reply)
    ok = all(check.level != "bad" for check in checks)
    if args.json:
        say_json({"checks": [_plain(check) for check in checks], "ok": ok})
    elif ok:
        say("Ready to train.")
    return 0 if ok else 1


def _say_check(check: Check) -> None:
    say(f"{_MARKS.get(check.level, '?')} {check.name:<15} {check.summary}")
    if check.hint:
        say(f"{'':<18}{check.hint}")


def _plain(check: Check) -> dict[str, object]:
    fields = dataclasses.asdict(check)
    del fields["id"]
    return fields
