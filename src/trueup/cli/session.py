"""What a command works with: the tenant's workspace, opened from the global options, and its sentences."""

# ruff: noqa: PLC0415 (people are imported by the commands that need them)
from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, ParamSpec, Protocol, TypeVar, cast
from zoneinfo import ZoneInfo

import typer

from trueup.app.clock import SystemClock
from trueup.app.workspace import Workspace, acting_person, key_for, open_workspace
from trueup.cli.speaking import sentences
from trueup.messages.sentences import Sentences
from trueup.retrying import be_silent
from trueup.store import postgresql, sqlite
from trueup.store.database import Database
from trueup.store.secrets import KEY_FILE_VARIABLE, KEY_VARIABLE, Key

if TYPE_CHECKING:
    from trueup.app.people.installation import Installation
    from trueup.app.people.membership import By

P = ParamSpec("P")
R = TypeVar("R")


class SharedOptions(Protocol):
    """The global options, as the root command read them."""

    @property
    def store(self) -> str:
        """File of the store, or address of its database."""

    @property
    def tenant(self) -> str:
        """Which MSP."""

    @property
    def key_file(self) -> Path | None:
        """File of the key."""


def options_of(ctx: typer.Context) -> SharedOptions:
    """The global options."""
    return cast("SharedOptions", ctx.find_root().obj)


def key_beside(store: str) -> Path:
    """Where `trueup init` puts the key of a store unless it is told otherwise: beside its file, or, of a database on a
    server, into the folder where one is."""
    if postgresql.address_of(store) is not None:
        return Path("trueup.key")
    path = sqlite.path_of(store)
    return path.with_name(f"{path.name}.key")


def shown_store(store: str) -> str:
    """The store as it may be shown: an address without its password."""
    address = postgresql.address_of(store)
    return store if address is None else postgresql.shown(address)


def key_of(options: SharedOptions) -> Key | None:
    """The key: the file that is named, else the environment's, else the file beside the store. Raises StoreError."""
    found = key_for(options.key_file)
    beside = key_beside(options.store)
    return key_for(beside) if found is None and beside.exists() else found


def key_file_of(options: SharedOptions) -> Path | None:
    """The file that the key comes from: the one that is named, else the one beside the store; None where it comes from
    the environment's text, or is nowhere."""
    if options.key_file is not None:
        return options.key_file
    named, beside = os.environ.get(KEY_FILE_VARIABLE), key_beside(options.store)
    if named:
        return Path(named)
    return beside if KEY_VARIABLE not in os.environ and beside.exists() else None


@contextmanager
def workspace(ctx: typer.Context) -> Iterator[Workspace]:
    """The tenant's workspace, closed afterwards. Raises StoreError."""
    options = options_of(ctx)
    with open_workspace(options.store, key_of(options), options.tenant) as opened:
        yield opened


@contextmanager
def installation(ctx: typer.Context) -> Iterator[Installation]:
    """The installation, with its tenant of the options known to exist; closed afterwards. Raises StoreError."""
    from trueup.app.people.installation import Installation

    options = options_of(ctx)
    with Database.open(options.store, key_of(options)) as database:
        database.tenant(options.tenant)
        yield Installation(database, SystemClock())


@contextmanager
def whole_installation(ctx: typer.Context) -> Iterator[Installation]:
    """The installation, whichever tenants it has; closed afterwards. Raises StoreError."""
    from trueup.app.people.installation import Installation

    options = options_of(ctx)
    with Database.open(options.store, key_of(options)) as database:
        yield Installation(database, SystemClock())


def operator() -> By:
    """Who runs this process: the operator of the installation, who may do everything."""
    from trueup.app.people.membership import By

    return By(acting_person())


def zone_of(house: Installation, tenant: str) -> ZoneInfo:
    """The time zone of a tenant."""
    return ZoneInfo(house.database.tenant(tenant).settings.get().time_zone)


def waited(work: Callable[P, Awaitable[R]], /, *args: P.args, **kwargs: P.kwargs) -> R:
    """Run one use case to its end. Standard output belongs to the result: calls that are tried again say nothing there,
    where the library would log them."""
    import anyio

    be_silent()

    async def alone() -> R:
        return await work(*args, **kwargs)

    return anyio.run(alone)


def words() -> Sentences:
    """The sentences of the chosen language."""
    return sentences()
