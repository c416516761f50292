"""The reference of all commands, made from the help that they show themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextvars import copy_context

import typer
from typer.core import TyperGroup

from trueup.cli.bundled import Command, Context
from trueup.cli.root import app
from trueup.cli.speaking import choose

_HEAD = """# Commands

<!-- Made by `python -m tools.docs commands` from the help of the commands; change that instead. -->

Every command shows this with `--help`, in English or French. Global options may stand anywhere in a command. What the
exit codes mean: [codes](../codes.md#exit-codes-of-the-command-line).
"""


def _commands(command: Command, ctx: Context) -> Iterator[Context]:
    yield ctx
    if isinstance(command, TyperGroup):
        for name in command.list_commands(ctx):
            found = command.get_command(ctx, name)
            if found is not None:
                yield from _commands(found, Context(found, info_name=name, parent=ctx))


def commands_page() -> str:
    """The text of docs/reference/commands.md, in English whatever this process speaks."""
    return copy_context().run(_in_english)


def _in_english() -> str:
    choose(["--lang", "en"])
    whole = typer.main.get_command(app)
    parts = [_HEAD]
    for ctx in _commands(whole, Context(whole, info_name="trueup", terminal_width=80, max_content_width=80)):
        names = ctx.command_path.split()
        level = "##" if len(names) < 3 else "###"
        text = "\n".join(line.rstrip() for line in ctx.command.get_help(ctx).strip().splitlines())
        parts.append(f"\n{level} {' '.join(names)}\n\n```text\n{text}\n```\n")
    return "".join(parts)
