"""A person's password on the command line: asked for twice without showing it, or from standard input."""

from __future__ import annotations

import sys
from getpass import getpass

from trueup.app.errors import Exit, UseCaseError
from trueup.cli.speaking import sentences
from trueup.core.reason import Reason


def password_for(name: str, *, from_stdin: bool) -> str | None:
    """The password; None where nobody can be asked. Raises UseCaseError `password.again` (exit code 2)."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    if not sys.stdin.isatty():
        return None
    said = sentences()
    once = getpass(said.text("cli.people.password", name=name) + " ", stream=sys.stderr)
    if once != getpass(said.text("cli.people.again") + " ", stream=sys.stderr):
        raise UseCaseError(Reason.of("password.again"), Exit.USAGE)
    return once


def secret_for(*, from_stdin: bool) -> str:
    """The secret of an identity provider: from standard input, or asked for."""
    if from_stdin or not sys.stdin.isatty():
        return sys.stdin.readline().strip()
    return getpass(sentences().text("cli.people.secret") + " ", stream=sys.stderr).strip()
