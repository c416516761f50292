"""Everything that belongs to one tenant, by feature."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from trueup.store.answers import Answers
from trueup.store.audit import AuditTrail
from trueup.store.billed import Billed
from trueup.store.billed_twice import BilledTwiceBook
from trueup.store.binding import Binding
from trueup.store.catch_up import CatchUps
from trueup.store.checks import Checks
from trueup.store.columns import metadata
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
from trueup.store.schema import TENANT_TABLES
from trueup.store.settings import Settings
from trueup.store.simulations import Simulations
from trueup.store.statements import Statements
from trueup.store.story import Story
from trueup.store.tokens import Tokens
from trueup.store.undos import Undos
from trueup.store.usage import Usage
from trueup.store.vendors import Vendors


class TenantStore:
    """The store of one tenant. Each method of its parts is one transaction in the calling thread, unless it is called
    inside `writing()` or `reading()`, which make several calls one transaction."""

    def __init__(self, binding: Binding) -> None:
        self._binding = binding
        self.tenant = binding.tenant
        self.settings = Settings(binding)
        self.connections = Connections(binding)
        self.usage = Usage(binding)
        self.customers = Mappings(binding)
        self.names = NameSearch(binding)
        self.psa = PsaMemory(binding)
        self.line_units = LineUnits(binding)
        self.renewals = Renewals(binding)
        self.item_search = ItemSearch(binding)
        self.mutes = Mutes(binding)
        self.billed_twice = BilledTwiceBook(binding)
        self.networks = Networks(binding)
        self.pushes = Pushes(binding)
        self.refused_calls = RefusedCallBook(binding)
        self.metrics = Metrics(binding)
        self.resealing = Resealing(binding)
        self.rules = Rules(binding)
        self.groups = Groups(binding)
        self.rails = Rails(binding)
        self.simulations = Simulations(binding)
        self.statements = Statements(binding)
        self.entries = Entries(binding)
        self.billed = Billed(binding)
        self.catch_up = CatchUps(binding)
        self.evidence = EvidenceBook(binding)
        self.forgetting = Forgetting(binding)
        self.pruning = Pruning(binding)
        self.plans = Plans(binding)
        self.plan_rows = PlanRows(binding)
        self.plan_totals = PlanTotals(binding)
        self.runs = Runs(binding)
        self.journal = Journal(binding)
        self.leases = Leases(binding)
        self.undos = Undos(binding)
        self.members = Members(binding)
        self.tokens = Tokens(binding)
        self.audit = AuditTrail(binding)
        self.answers = Answers(binding)
        self.story = Story(binding)
        self.comparisons = Comparisons(binding)
        self.contests = Contests(binding)
        self.schedules = Schedules(binding)
        self.collecting = Collectings(binding)
        self.missed = MissedDays(binding)
        self.receivers = Receivers(binding)
        self.notices = Notices(binding)
        self.checks = Checks(binding)
        self.vendors = Vendors(binding)

    def erase(self) -> int:
        """Delete the tenant with every row that is its own, all or none; gives how many there were. People stay: they
        belong to the installation."""
        count = 0
        with self._binding.writing() as connection:
            for table in reversed(metadata.sorted_tables):
                if table in TENANT_TABLES:
                    count += connection.execute(sa.delete(table).where(table.c.tenant == self.tenant)).rowcount
        return count

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
