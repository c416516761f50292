"""Everything that belongs to one tenant, by feature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Generic, TypeVar, overload

import sqlalchemy as sa

from trueup.store.binding import Binding

if TYPE_CHECKING:
    from trueup.store.answers import Answers
    from trueup.store.audit import AuditTrail
    from trueup.store.billed import Billed
    from trueup.store.billed_twice import BilledTwiceBook
    from trueup.store.catch_up import CatchUps
    from trueup.store.checks import Checks
    from trueup.store.comparisons import Comparisons
    from trueup.store.connections import Connections
    from trueup.store.contests import Contests
    from trueup.store.customers import Mappings
    from trueup.store.entries import Entries
    from trueup.store.evidence import EvidenceBook
    from trueup.store.forgetting import Forgetting
    from trueup.store.groups import Groups
    from trueup.store.item_search import ItemSearch
    from trueup.store.journal import Journal
    from trueup.store.leases import Leases
    from trueup.store.line_units import LineUnits
    from trueup.store.looks import Looks
    from trueup.store.members import Members
    from trueup.store.metrics import Metrics
    from trueup.store.missed_days import MissedDays
    from trueup.store.mutes import Mutes
    from trueup.store.name_search import NameSearch
    from trueup.store.networks import Networks
    from trueup.store.notices import Notices
    from trueup.store.plan_rows import PlanRows
    from trueup.store.plan_totals import PlanTotals
    from trueup.store.plans import Plans
    from trueup.store.pruning import Pruning
    from trueup.store.psa import PsaMemory
    from trueup.store.pushes import Pushes
    from trueup.store.rails import Rails
    from trueup.store.receivers import Receivers
    from trueup.store.refused_calls import RefusedCallBook
    from trueup.store.renewals import Renewals
    from trueup.store.resealing import Resealing
    from trueup.store.rules import Rules
    from trueup.store.runs import Runs
    from trueup.store.schedules import Collectings, Schedules
    from trueup.store.settings import Settings
    from trueup.store.simulations import Simulations
    from trueup.store.statements import Statements
    from trueup.store.story import Story
    from trueup.store.tokens import Tokens
    from trueup.store.undos import Undos
    from trueup.store.usage import Usage
    from trueup.store.vendors import Vendors

P = TypeVar("P")


class Part(Generic[P]):
    """A part of the store: its module is imported, and the part is made, when it is first asked for. Most commands need
    a few of them."""

    def __init__(self, module: str, name: str) -> None:
        self._module = f"trueup.store.{module}"
        self._class = name

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, store: None, owner: type[TenantStore]) -> Part[P]: ...

    @overload
    def __get__(self, store: TenantStore, owner: type[TenantStore]) -> P: ...

    def __get__(self, store: TenantStore | None, owner: type[TenantStore]) -> Part[P] | P:
        """The part; kept in the store, where it is found without coming here again."""
        if store is None:
            return self
        made: P = getattr(import_module(self._module), self._class)(store._binding)  # noqa: SLF001 - its own
        store.__dict__[self._name] = made
        return made


class TenantStore:
    """The store of one tenant. Each method of its parts is one transaction in the calling thread, unless it is called
    inside `writing()` or `reading()`, which make several calls one transaction."""

    settings: Part[Settings] = Part("settings", "Settings")
    connections: Part[Connections] = Part("connections", "Connections")
    usage: Part[Usage] = Part("usage", "Usage")
    customers: Part[Mappings] = Part("customers", "Mappings")
    names: Part[NameSearch] = Part("name_search", "NameSearch")
    psa: Part[PsaMemory] = Part("psa", "PsaMemory")
    line_units: Part[LineUnits] = Part("line_units", "LineUnits")
    renewals: Part[Renewals] = Part("renewals", "Renewals")
    item_search: Part[ItemSearch] = Part("item_search", "ItemSearch")
    mutes: Part[Mutes] = Part("mutes", "Mutes")
    networks: Part[Networks] = Part("networks", "Networks")
    pushes: Part[Pushes] = Part("pushes", "Pushes")
    refused_calls: Part[RefusedCallBook] = Part("refused_calls", "RefusedCallBook")
    metrics: Part[Metrics] = Part("metrics", "Metrics")
    resealing: Part[Resealing] = Part("resealing", "Resealing")
    rules: Part[Rules] = Part("rules", "Rules")
    groups: Part[Groups] = Part("groups", "Groups")
    rails: Part[Rails] = Part("rails", "Rails")
    simulations: Part[Simulations] = Part("simulations", "Simulations")
    statements: Part[Statements] = Part("statements", "Statements")
    entries: Part[Entries] = Part("entries", "Entries")
    billed: Part[Billed] = Part("billed", "Billed")
    billed_twice: Part[BilledTwiceBook] = Part("billed_twice", "BilledTwiceBook")
    catch_up: Part[CatchUps] = Part("catch_up", "CatchUps")
    evidence: Part[EvidenceBook] = Part("evidence", "EvidenceBook")
    forgetting: Part[Forgetting] = Part("forgetting", "Forgetting")
    pruning: Part[Pruning] = Part("pruning", "Pruning")
    plans: Part[Plans] = Part("plans", "Plans")
    plan_rows: Part[PlanRows] = Part("plan_rows", "PlanRows")
    plan_totals: Part[PlanTotals] = Part("plan_totals", "PlanTotals")
    runs: Part[Runs] = Part("runs", "Runs")
    journal: Part[Journal] = Part("journal", "Journal")
    leases: Part[Leases] = Part("leases", "Leases")
    undos: Part[Undos] = Part("undos", "Undos")
    members: Part[Members] = Part("members", "Members")
    tokens: Part[Tokens] = Part("tokens", "Tokens")
    audit: Part[AuditTrail] = Part("audit", "AuditTrail")
    answers: Part[Answers] = Part("answers", "Answers")
    story: Part[Story] = Part("story", "Story")
    comparisons: Part[Comparisons] = Part("comparisons", "Comparisons")
    contests: Part[Contests] = Part("contests", "Contests")
    schedules: Part[Schedules] = Part("schedules", "Schedules")
    collecting: Part[Collectings] = Part("schedules", "Collectings")
    looks: Part[Looks] = Part("looks", "Looks")
    missed: Part[MissedDays] = Part("missed_days", "MissedDays")
    receivers: Part[Receivers] = Part("receivers", "Receivers")
    notices: Part[Notices] = Part("notices", "Notices")
    checks: Part[Checks] = Part("checks", "Checks")
    vendors: Part[Vendors] = Part("vendors", "Vendors")

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self.tenant = binding.tenant

    def erase(self) -> int:
        """Delete the tenant with every row that is its own, all or none; gives how many there were. People stay: they
        belong to the installation."""
        from trueup.store.every_table import TENANT_TABLES, metadata  # noqa: PLC0415 - one command needs all tables

        count = 0
        with self._binding.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                if table in TENANT_TABLES:
                    count += connection.execute(sa.delete(table).where(table.c.tenant == self.tenant)).rowcount
        return count

    def shares_installation(self) -> bool:
        """Whether other tenants, or operators, are in the installation too."""
        from trueup.store.across_tenants import is_shared  # noqa: PLC0415 - asked before calls only

        return is_shared(self._binding.engine)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Make the calls inside one transaction that is kept as a whole or not at all. No HTTP and no await inside."""
        with self._binding.writing():
            yield

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Make the calls inside see one moment of the database."""
        with self._binding.reading():
            yield

    def __repr__(self) -> str:
        return f"TenantStore({self.tenant!r})"
