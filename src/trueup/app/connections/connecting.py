"""Connections turned into live accounts: the one place that knows which kinds exist.

What an account is made of is imported when one is made: half of the commands open the store and call nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from trueup.app.connections.reach import reach_of
from trueup.app.errors import failed
from trueup.modules.catalogue_files import known_modules, load_catalogue, offered_modules
from trueup.store.connections import Connection
from trueup.store.tenant_store import TenantStore

if TYPE_CHECKING:
    from trueup.core.finding import Finding
    from trueup.modules.limits import Pace
    from trueup.modules.port import Module
    from trueup.psa.port import Psa
    from trueup.trust import Reach

PsaFactory = Callable[[Mapping[str, str], Mapping[str, str], "Reach"], "Psa"]


def _autotask(settings: Mapping[str, str], secret: Mapping[str, str], reach: Reach) -> Psa:
    from trueup.psa.autotask.adapter import AutotaskPsa

    return AutotaskPsa.connected(settings, secret, reach)


PSA_KINDS: Mapping[str, PsaFactory] = {"autotask": _autotask}
PSA_SECRETS: Mapping[str, tuple[str, ...]] = {"autotask": ("user_name", "secret", "integration_code")}


class Accounts:
    """Builds PSA and module accounts from stored connections. `pace` scales the waits of modules (tests, demo)."""

    def __init__(self, pace: Pace | None = None) -> None:
        self._pace = pace

    def psa(self, store: TenantStore, connection: Connection) -> Psa:
        """The PSA behind a connection. Raises UseCaseError `setup.unknown_kind` or `setup.settings`."""
        secret = store.connections.secret(connection.name)
        return self.psa_from(connection.kind, connection.settings, secret, reach_of(store))

    def psa_from(self, kind: str, settings: Mapping[str, str], secret: Mapping[str, str], reach: Reach) -> Psa:
        """A PSA account from settings and secrets that are not stored yet."""
        factory = PSA_KINDS.get(kind)
        if factory is None:
            raise failed("setup.unknown_kind", kind=kind, known=", ".join(sorted(PSA_KINDS)))
        try:
            return factory(settings, secret, reach)
        except ValueError as error:
            raise failed("setup.settings", kind=kind, detail=str(error)) from None

    def module(self, store: TenantStore, connection: Connection) -> Module:
        """The module behind a connection, with what earlier collections taught about it."""
        secret = store.connections.secret(connection.name)
        previous = store.usage.item_count(connection.name)
        seen = store.connections.lookups_seen(connection.name)
        return self.module_from(
            connection.kind,
            connection.name,
            connection.settings,
            secret,
            previous_total=previous,
            must_exist=seen,
            reach=reach_of(store),
        )

    def module_from(
        self,
        kind: str,
        name: str,
        settings: Mapping[str, str],
        secret: Mapping[str, str],
        *,
        previous_total: int | None = None,
        must_exist: frozenset[str] = frozenset(),
        reach: Reach | None = None,
    ) -> Module:
        """A module account from settings and secrets that are not stored yet."""
        from trueup.modules.delivered_module import DeliveredModule
        from trueup.modules.files.file_module import FileModule
        from trueup.modules.files.profile import ProfileError, is_file_source
        from trueup.modules.rest_module import RestModule

        if is_file_source(settings):
            try:
                return FileModule(kind, name, settings)
            except ProfileError as error:
                raise failed(error.code, **error.params) from None
        if kind not in known_modules():
            raise failed("setup.unknown_kind", kind=kind, known=", ".join(offered_modules()))
        file = load_catalogue(kind)
        if file.source == "file":
            return DeliveredModule(file, name)
        return RestModule(
            file,
            name,
            settings,
            secret,
            previous_total=previous_total,
            must_exist=must_exist,
            pace=self._pace,
            reach=reach,
        )


def is_delivered(kind: str) -> bool:
    """Whether usage of that kind arrives by file or push, so that nobody is asked for it."""
    return kind in known_modules() and load_catalogue(kind).source == "file"


def known_to_icb(kind: str) -> bool:
    """Whether Integrated Customer Billing counts that kind too, so that it may run beside."""
    return kind in known_modules() and load_catalogue(kind).icb


def secrets_of(kind: str) -> tuple[str, ...]:
    """Names of the secrets that a kind of connection asks for. Raises UseCaseError `setup.unknown_kind`."""
    if kind in PSA_SECRETS:
        return PSA_SECRETS[kind]
    if kind in known_modules():
        return tuple(load_catalogue(kind).secret)
    raise failed("setup.unknown_kind", kind=kind, known=", ".join((*sorted(PSA_SECRETS), *offered_modules())))


async def live_findings(account: Psa | Module) -> tuple[Finding, ...]:
    """An account's prerequisites, asked live, and the account closed."""
    try:
        return await account.check()
    finally:
        await account.close()
