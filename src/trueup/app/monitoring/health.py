"""Whether an installation can do its work at this moment, for a load balancer or whoever starts processes."""

from __future__ import annotations

from dataclasses import dataclass

from trueup.store.database import Database
from trueup.store.errors import StoreError


@dataclass(frozen=True, slots=True)
class Health:
    """`store`: it answers; `schema`: it has the revision that this program works with; `key`: it opens whatever is
    sealed there, or nothing is."""

    store: bool = False
    schema: bool = False
    key: bool = False

    @property
    def is_ready(self) -> bool:
        """Whether calls may come."""
        return self.store and self.schema and self.key


def health_of(database: Database) -> Health:
    """Ask the store itself. Never raises for a store that is away."""
    try:
        return Health(store=True, schema=database.is_current(), key=database.key_opens_all())
    except StoreError:
        return Health()
