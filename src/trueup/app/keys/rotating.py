"""A new key takes over from the present one, and the old one is retired once nothing needs it.

Between the two steps both are in the key's file. A process that runs reads the file again when it meets a secret under
a key that it does not know, so that nothing has to stop.
"""

from __future__ import annotations

from pathlib import Path

from trueup.app.errors import refused
from trueup.store.database import Database
from trueup.store.secrets import Key


def rotate(store: str, path: Path) -> tuple[Key, int]:
    """Put a new key in front of those in the file and seal everything under it, a transaction a tenant; gives the key
    and how many secrets were sealed anew. Stopped in the middle it goes on when it is called again: a file that holds
    two keys already gets no third one.

    Raises StoreError `store.key_unreadable`, `store.key_malformed`, `store.wrong_key`, `store.secret_damaged`.
    """
    key = Key.read(path)
    if len(key.ids) == 1:
        key = key.succeeded()
        key.replace_file(path)
    return key, _reseal(store, key)


def retire(store: str, path: Path) -> int:
    """Take the earlier keys out of the file; gives how many there were. What a process sealed meanwhile under an
    earlier one is sealed anew first.

    Raises UseCaseError `key.still_used` where something is sealed by a key that is not the present one after all.
    """
    key = Key.read(path)
    _reseal(store, key)
    with Database.open(store, key) as database:
        if database.sealed_by() - {key.id}:
            raise refused("key.still_used")
    key.alone().replace_file(path)
    return len(key.ids) - 1


def _reseal(store: str, key: Key) -> int:
    with Database.open(store, key) as database:
        sealed = database.people.settings.reseal()
        return sealed + sum(database.tenant(tenant).resealing.reseal() for tenant in database.tenants())
