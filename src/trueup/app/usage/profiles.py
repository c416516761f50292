"""Sources whose usage arrives as files: their column profiles, saved and listed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from trueup.app.connections.connecting import is_delivered
from trueup.app.errors import Exit, UseCaseError
from trueup.app.workspace import Workspace
from trueup.core.reason import Param, Reason
from trueup.core.usage import BillingType
from trueup.modules.files.profile import SOURCE, FileProfile, ProfileError, is_file_source, profile_from
from trueup.store.connections import Connection


@dataclass(frozen=True, slots=True)
class FileSource:
    """A source with its profile's keys, the billing types that are known of it, and its newest delivered day."""

    name: str
    kind: str
    settings: Mapping[str, str]
    types: tuple[BillingType, ...]
    delivered: date | None


def _wrong(code: str, **params: Param) -> UseCaseError:
    return UseCaseError(Reason.of(code, **params), Exit.USAGE)


def profile_of(connection: Connection) -> FileProfile:
    """The profile of a source. Raises UseCaseError `file.not_a_source`, `file.profile_*`."""
    if not is_file_source(connection.settings):
        raise _wrong("file.not_a_source", source=connection.name)
    return checked(connection.kind, connection.settings)


def checked(kind: str, settings: Mapping[str, str]) -> FileProfile:
    """A profile from its keys. Raises UseCaseError `file.profile_*`."""
    try:
        return profile_from(kind, settings)
    except ProfileError as error:
        raise _wrong(error.code, **error.params) from None


def _source(ws: Workspace, connection: Connection) -> FileSource:
    types = {one.key: one for one in profile_of(connection).promised()}
    types |= {one.key: one for one in ws.store.usage.billing_types(connection.name)}
    shown = {key: value for key, value in connection.settings.items() if key != SOURCE[0]}
    state = ws.store.connections.state(connection.name)
    return FileSource(connection.name, connection.kind, shown, tuple(types.values()), state.delivered_day)


def _save(ws: Workspace, name: str, kind: str | None, changes: Mapping[str, str]) -> FileSource:
    store = ws.store
    if not name.strip() or any(letter.isspace() for letter in name):
        raise _wrong("setup.connection_name", name=name)
    with store.writing():
        known = next((one for one in store.connections.list() if one.name == name), None)
        if known is not None and not is_file_source(known.settings) and not is_delivered(known.kind):
            raise _wrong("file.not_a_source", source=name)
        if known is not None and kind is not None and kind != known.kind:
            raise _wrong("setup.name_taken", name=name, kind=known.kind)
        chosen = kind or (known.kind if known else name.replace("-", "_").casefold())
        merged = {**(known.settings if known else {}), **changes, SOURCE[0]: SOURCE[1]}
        settings = {key: value for key, value in merged.items() if value.strip()}
        checked(chosen, settings)
        if known is None:
            store.connections.add(name, "module", chosen, settings, {}, ws.actor, now=ws.now())
        else:
            store.connections.update(name, settings, now=ws.now())
        told = "; ".join(f"{key}={value}" for key, value in sorted(settings.items()))
        detail = Reason.of("audit.file_profile", name=name, kind=chosen, settings=told)
        store.audit.add(ws.actor, "file_profile.saved", detail, now=ws.now())
        return _source(ws, store.connections.get(name))


async def save_profile(ws: Workspace, name: str, kind: str | None, changes: Mapping[str, str]) -> FileSource:
    """Save a source's profile: the given keys replace those of the same name, an empty value takes a key away.

    `kind` is the module whose billing types it counts (of a new source; its own name if not given). Raises UseCaseError
    `file.profile_*`, `file.not_a_source`, `setup.name_taken`, `setup.connection_name`.
    """
    return await ws.step(_save, ws, name, kind.replace("-", "_") if kind else None, changes)


def _list(ws: Workspace) -> tuple[FileSource, ...]:
    with ws.store.reading():
        found = [one for one in ws.store.connections.list("module") if is_file_source(one.settings)]
        return tuple(_source(ws, one) for one in found)


async def list_profiles(ws: Workspace) -> tuple[FileSource, ...]:
    """Every source that is fed by files, by name."""
    return await ws.step(_list, ws)
