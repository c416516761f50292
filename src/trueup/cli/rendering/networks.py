"""The lists of networks that may call."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console

from trueup.cli.rendering.plain import Plain
from trueup.cli.rendering.tables import paragraph
from trueup.core.access.networks import Purpose
from trueup.messages.sentences import Sentences
from trueup.store.networks import AllowedNetwork


def network_plain(one: AllowedNetwork) -> dict[str, Plain]:
    """One network as JSON."""
    return {
        "purpose": one.purpose.value,
        "network": str(one.network),
        "note": one.note,
        "added_by": one.added_by,
        "added_at": one.added_at.isoformat(),
    }


def write_networks(console: Console, networks: Iterable[AllowedNetwork], said: Sentences) -> None:
    """Each list with what it means."""
    found = list(networks)
    for purpose in Purpose:
        mine = [one for one in found if one.purpose is purpose]
        key = "cli.network.only" if mine else "cli.network.everybody"
        paragraph(console, said.text(key, purpose=purpose.value))
        for one in mine:
            paragraph(console, f"{one.network}  {one.note}".rstrip(), 4)
