"""How old the last word of a source may be: a source that speaks once a month is not silent in between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from trueup.modules.catalogue_files import known_modules, load_catalogue
from trueup.modules.files.profile import is_file_source
from trueup.store.tenant_store import TenantStore

MONTHLY: Final = 35
"""Days: the longest month, and four to deliver (design section 5)."""


def is_monthly(kind: str, settings: Mapping[str, str]) -> bool:
    """Whether a source of that kind with these settings speaks once a month: its file profile says so, else its
    catalogue file."""
    told = settings.get("cadence") if is_file_source(settings) else None
    if told is None and kind in known_modules():
        told = load_catalogue(kind).cadence
    return told == "monthly"


def source_ages(store: TenantStore) -> Mapping[str, int]:
    """For each source that speaks once a month, how many days old its last value may be; the others have the tenant's
    number."""
    return {one.name: MONTHLY for one in store.connections.list("module") if is_monthly(one.kind, one.settings)}


def oldest_age(store: TenantStore) -> int:
    """The highest of them; 0 where every source speaks daily."""
    return max(source_ages(store).values(), default=0)
