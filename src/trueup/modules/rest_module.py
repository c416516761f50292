"""One connected account of a module that is read over REST, by whatever its catalogue file says."""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from itertools import chain
from operator import itemgetter
from typing import Final

import httpx2

from trueup.core.contract import DAY
from trueup.core.expression import ExpressionError
from trueup.core.finding import Finding
from trueup.core.reason import Reason
from trueup.core.usage import (
    BillingType,
    Collection,
    Coverage,
    Failure,
    Inventory,
    ModuleOrganization,
    Reading,
)
from trueup.modules.authentication import authentication_of
from trueup.modules.calls import Caller
from trueup.modules.catalogue_schema import CatalogueFile
from trueup.modules.counting import readings_of, totals_of
from trueup.modules.dynamic_types import dynamic_measures
from trueup.modules.failures import SourceError, source_error
from trueup.modules.field_values import as_text
from trueup.modules.limits import Pace, RequestWindow
from trueup.modules.plausibility import compared, odd_values
from trueup.modules.port import UNASSIGNED, Progress
from trueup.modules.prepared import PreparedModule
from trueup.modules.prerequisites import Prerequisites, all_stopped
from trueup.modules.reader import Found, Reader
from trueup.trust import Reach, client_within

_AGENT: Final = "Trueup"


class RestModule:
    """A connection: a catalogue file, its settings and its secret.

    `settings` take the file's names, and `base_url` (another address for the API; http only on this machine) and
    `extra_attributes` (comma list). `secret` holds the file's secrets by name. `previous_total` is the number of items
    at the last measured collection: with it, an empty account after a full one is refused as implausible. `must_exist`
    names streams that hang on a lookup and were found before (`lookups_seen`): should one vanish, the run fails.
    Constructing never fails and never calls: wrong settings show in `check` and as a failure of `collect`.
    """

    def __init__(
        self,
        catalogue_file: CatalogueFile,
        connection_name: str,
        settings: Mapping[str, str],
        secret: Mapping[str, str],
        *,
        previous_total: int | None = None,
        must_exist: frozenset[str] = frozenset(),
        pace: Pace | None = None,
        reach: Reach | None = None,
    ) -> None:
        self._reach = reach
        self.file = catalogue_file
        self.pace = pace or Pace()
        self.previous_total = previous_total
        self.lookups_seen = must_exist
        self._connection = connection_name
        self._wrong: Failure | None = None
        self._prepared: PreparedModule | None = None
        self._rest_until = 0.0
        self._window = RequestWindow(catalogue_file.limits, self.pace)
        try:
            self._prepared = PreparedModule(catalogue_file, settings, secret)
            missing = [name for name in catalogue_file.secret if not secret.get(name)]
            if missing:
                raise source_error("module.secret_missing", secret=", ".join(missing))
            values = {**self._prepared.settings, **self._prepared.addresses, **secret}
            self._authentication = authentication_of(catalogue_file.auth, values)
        except SourceError as error:
            self._wrong = error.failure
        except ExpressionError as error:
            self._wrong = source_error("module.condition_failed", condition=error.text, error=error.code).failure

    @property
    def connection(self) -> str:
        """Name of the connection, unique in its tenant."""
        return self._connection

    @property
    def billing_types(self) -> tuple[BillingType, ...]:
        """What it counts under its settings; none while a setting is wrong."""
        return self._prepared.billing_types if self._prepared else ()

    def tells(self, day: date, today: date) -> bool:
        """See Module: what the file says."""
        history = self.file.history
        if history is None or (today - day).days > history.days:
            return False
        return history.every == "day" or (day + DAY).day == 1

    @property
    def wrong(self) -> Failure | None:
        """What is wrong with the settings or the secret, before any call."""
        return self._wrong

    @property
    def prepared(self) -> PreparedModule:
        """The file with this connection's choices. Raises LookupError while a setting is wrong."""
        if self._prepared is None:
            raise LookupError(self._connection)
        return self._prepared

    def session(self) -> httpx2.AsyncClient:
        """A client for one collection or check; redirects are never followed."""
        limits = self.file.limits
        return client_within(
            self._reach,
            httpx2.Limits(max_connections=limits.concurrency, max_keepalive_connections=limits.concurrency),
            timeout=httpx2.Timeout(float(limits.timeout_seconds)),
            headers={"User-Agent": _AGENT, "Accept": "application/json"},
        )

    def caller(self, client: httpx2.AsyncClient) -> Caller:
        """What sends this connection's calls."""
        return Caller(client, self._authentication, self._window, self.file.limits, self.pace)

    def resting(self) -> SourceError | None:
        """The refusal to call, while a block that the module announced lasts."""
        left = self._rest_until - time.monotonic()
        return source_error("module.resting", retry_after=int(left) + 1) if left > 0 else None

    def note_rest(self, error: SourceError) -> None:
        """Keep away for as long as the module asked."""
        if error.rest:
            self._rest_until = max(self._rest_until, time.monotonic() + error.rest * self.pace.scale)

    async def collect(self, day: date, observed_at: datetime, progress: Progress | None = None) -> Collection:
        """See Module."""
        if self._wrong is not None:
            return self._nothing(day, observed_at, self._wrong, 0, ())
        resting = self.resting()
        if resting is not None:
            return self._nothing(day, observed_at, resting.failure, 0, ())
        async with self.session() as client:
            caller = self.caller(client)
            reader = Reader(self.prepared, caller, day, observed_at, self.lookups_seen, progress)
            try:
                await reader.read_all()
                notes = compared(self.prepared, reader.found, self.previous_total)
                collection = self._collection(day, observed_at, reader.found, notes, caller.calls)
            except SourceError as error:
                self.note_rest(error)
                return self._nothing(day, observed_at, error.failure, caller.calls, tuple(reader.found.notes))
            self.lookups_seen |= reader.found.seen_lookups
            self.previous_total = sum(len(inventory.items) for inventory in collection.inventories)
            return collection

    async def check(self) -> tuple[Finding, ...]:
        """See Module."""
        now = datetime.now(UTC)
        stopped = self._wrong or ((resting := self.resting()) and resting.failure)
        if stopped:
            return all_stopped(stopped)
        async with self.session() as client:
            caller = self.caller(client)
            reader = Reader(self.prepared, caller, now.date(), now, self.lookups_seen)
            return await Prerequisites(self.prepared, reader, caller).findings()

    async def close(self) -> None:
        """See Module. Each collection closes its own connections, so nothing is left open between them."""

    def _nothing(
        self, day: date, observed_at: datetime, failure: Failure, calls: int, notes: tuple[Reason, ...]
    ) -> Collection:
        return Collection(
            connection=self._connection,
            module=self.file.module,
            day=day,
            observed_at=observed_at,
            coverage=Coverage.UNKNOWN,
            billing_types=self.billing_types,
            failure=failure,
            notes=notes,
            calls=calls,
            definition=self._prepared.definition if self._prepared else "",
        )

    def _collection(
        self, day: date, observed_at: datetime, found: Found, notes: list[Reason], calls: int
    ) -> Collection:
        prepared = self.prepared
        organizations = self._organizations(found)
        keys = [organization.key for organization in organizations]
        readings: list[Reading] = []
        inventories: list[Inventory] = []
        partial: set[str] = set()
        types = list(prepared.billing_types)
        for name, rows in found.items.items():
            lacking = found.partial.get(name, set())
            named = dynamic_measures(prepared, name, rows)
            types += [measure.type for measure in named]
            totals = totals_of(rows, (*prepared.measures[name], *named), keys)
            readings += readings_of(totals, dict.fromkeys(lacking, Coverage.PARTIAL))
            partial |= lacking | {organization for organization, _ in totals.incomplete}
            stream = self.file.streams[name]
            if stream.evidence:
                found_items = rows.items if stream.for_each is None else sorted(rows.items, key=itemgetter(0))
                inventories.append(Inventory(name, prepared.attributes[name], tuple(found_items), frozenset(lacking)))
        return Collection(
            connection=self._connection,
            module=self.file.module,
            day=day,
            observed_at=observed_at,
            coverage=Coverage.PARTIAL if partial else Coverage.MEASURED,
            billing_types=tuple(types),
            organizations=organizations,
            inventories=tuple(inventories),
            readings=tuple(readings),
            notes=(*found.notes, *notes, *odd_values(prepared, found)),
            calls=calls,
            definition=prepared.definition,
        )

    def _organizations(self, found: Found) -> tuple[ModuleOrganization, ...]:
        spec = self.file.organizations
        listed: dict[str, ModuleOrganization] = {}
        for record in chain.from_iterable(found.plain[name].kept for name in self.prepared.listing):
            key = as_text(record.get(spec.key))
            if key is None or key in listed:
                continue
            hint = as_text(record.get(spec.psa_hint)) if spec.psa_hint else None
            listed[key] = ModuleOrganization(key, (as_text(record.get(spec.name)) or "").strip() or key, hint or None)
        for key in found.members.unlisted:
            listed.setdefault(key, ModuleOrganization(key, key))
            code = "module.organization_missing" if key == UNASSIGNED else "module.organization_not_listed"
            found.notes.append(Reason.of(code, organization=key))
        return tuple(listed.values())
