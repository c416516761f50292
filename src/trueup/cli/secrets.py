"""Secrets of a connection: from standard input, from the environment, or asked for; never from the command line."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from getpass import getpass

from trueup.cli.arguments import UsageFault

SHOWN = frozenset({"user_name"})
"""Names among the secrets that may be seen while they are typed."""


def variable_of(kind: str, name: str) -> str:
    """The environment variable of a secret: `TRUEUP_AUTOTASK_SECRET`."""
    return f"TRUEUP_{kind}_{name}".upper().replace("-", "_")


def refuse_in_settings(kind: str, names: Sequence[str], settings: Mapping[str, str]) -> None:
    """Refuse secrets among the settings, where others could read them in the list of processes."""
    for name in names:
        if name in settings:
            raise UsageFault("usage.secret_in_settings", name=name, variable=variable_of(kind, name))


def _from_input(names: Sequence[str]) -> dict[str, str]:
    try:
        found = json.loads(sys.stdin.read())
    except ValueError:
        found = None
    if not isinstance(found, dict) or not all(isinstance(value, str) for value in found.values()):
        raise UsageFault("usage.secrets_unreadable", names=", ".join(names))
    return {name: found[name] for name in names if name in found}


def _asked(kind: str, name: str) -> str:
    if not sys.stdin.isatty():
        raise UsageFault("usage.secret_missing", name=name, variable=variable_of(kind, name))
    prompt = f"{kind} {name}: "
    if name in SHOWN:
        sys.stderr.write(prompt)
        sys.stderr.flush()
        return sys.stdin.readline().strip()
    return getpass(prompt, stream=sys.stderr).strip()


def given_secrets(kind: str, names: Sequence[str], *, from_input: bool) -> dict[str, str] | None:
    """All secrets of a kind, where every one is given; None where one is missing. Nobody is asked."""
    given = _from_input(names) if from_input else {}
    found = {name: given.get(name) or os.environ.get(variable_of(kind, name), "") for name in names}
    return found if all(found.values()) else None


def secrets_for(kind: str, names: Sequence[str], *, from_input: bool) -> dict[str, str]:
    """All secrets of a kind. Raises UsageFault where one is missing and nobody can be asked."""
    given = _from_input(names) if from_input else {}
    found: dict[str, str] = {}
    for name in names:
        value = given.get(name) or os.environ.get(variable_of(kind, name), "")
        if not value and from_input:
            raise UsageFault("usage.secret_missing", name=name, variable=variable_of(kind, name))
        found[name] = value or _asked(kind, name)
    return found
