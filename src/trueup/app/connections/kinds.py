"""What can be connected: each kind with the settings and secrets that it asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from trueup.app.connections.connecting import PSA_SECRETS, is_delivered
from trueup.modules.catalogue_files import load_catalogue, offered_modules


@dataclass(frozen=True, slots=True)
class FieldAsked:
    """One thing that a connection asks for. A secret is never shown again."""

    name: str
    label: str
    secret: bool
    required: bool
    help: str | None = None
    default: str | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A product that can be connected. `delivered`: its usage comes by file or push, so nothing is asked."""

    role: Literal["psa", "module"]
    kind: str
    label: str
    delivered: bool
    known_to_icb: bool
    asked: tuple[FieldAsked, ...]


AUTOTASK = Kind(
    "psa",
    "autotask",
    "Autotask",
    delivered=False,
    known_to_icb=False,
    asked=(
        *(FieldAsked(name, name, secret=True, required=True) for name in PSA_SECRETS["autotask"]),
        *(FieldAsked(name, name, secret=False, required=False) for name in ("zone_lookup_url", "currencies")),
    ),
)


def _module(name: str) -> Kind:
    file = load_catalogue(name)
    settings = tuple(
        FieldAsked(key, one.label, False, one.required, one.help, one.default, one.choices)
        for key, one in file.settings.items()
    )
    secrets = tuple(FieldAsked(key, one.label, True, True, one.help) for key, one in file.secret.items())
    delivered = is_delivered(name)
    address = () if delivered else (FieldAsked("base_url", "base_url", secret=False, required=False),)
    return Kind("module", name, file.label, delivered, file.icb, (*settings, *secrets, *address))


def kinds() -> tuple[Kind, ...]:
    """Every kind that a person may be offered: the PSAs, then modules by their label."""
    found = (_module(name) for name in offered_modules())
    return (AUTOTASK, *sorted(found, key=lambda one: one.label.casefold()))


def kind_named(name: str) -> Kind | None:
    """The kind of that name, if it is offered."""
    return next((one for one in kinds() if one.kind == name), None)
