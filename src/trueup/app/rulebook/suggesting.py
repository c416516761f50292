"""What is missing to bill what customers use, by the good practice of one service for each module and billing type."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from trueup.app.clock import usage_day
from trueup.app.connections.known_psa import PsaNames
from trueup.app.counting.vocabulary import Vocabulary, names_of, vocabulary
from trueup.app.plans.shared_figures import SharedFigures
from trueup.app.rulebook.rule_draft import RuleDraft
from trueup.app.usage.newest_usage import NewestUsage, newest_usage
from trueup.app.workspace import Workspace
from trueup.core.contract import LineKind, Service
from trueup.core.counting.scope import OrganizationKey
from trueup.core.naming import plain
from trueup.core.reason import Reason
from trueup.core.rule import Rule, RuleLevel
from trueup.core.service_naming import CustomerUsage, MissingLine, mixing_warnings, suggest_services
from trueup.core.usage import BillingType, Certainty, MetricKind
from trueup.modules.catalogue_files import known_modules, load_catalogue
from trueup.store.customers import Mapping as Mapped
from trueup.store.tenant_store import TenantStore


@dataclass(frozen=True, slots=True)
class RuleSuggestion:
    """One billing type in use. `services` carry the proposed name already; `similar` are others whose names speak of
    the type; `governed_by` are services whose rules count it. `draft` is a rule that could be saved as it stands:
    None where no single service fits, where it has a rule, or where a rule counts the type already. `customers` use
    it, `quantity` is its expression and `total` what mapped customers use; `unmapped` is the usage of organizations
    without a customer."""

    module: str
    module_label: str
    type: BillingType
    proposed_name: str
    services: tuple[Service, ...]
    similar: tuple[Service, ...]
    governed_by: tuple[Service, ...]
    quantity: str
    total: Decimal
    customers: int
    unmapped: Decimal
    missing_lines: tuple[MissingLine, ...]
    draft: RuleDraft | None
    warnings: tuple[Reason, ...]

    @property
    def service_missing(self) -> bool:
        """Whether nothing bills this type: no service of that name, and no rule that counts it."""
        return not self.services and not self.governed_by


def _usage_by_type(
    store: TenantStore, usage: NewestUsage, names: PsaNames
) -> tuple[Mapping[str, tuple[CustomerUsage, ...]], Mapping[str, Decimal]]:
    """Usage of each billing type by mapped customer, and that of organizations nobody has decided on."""
    owners: dict[OrganizationKey, list[Mapped]] = defaultdict(list)
    for one in store.customers.mappings():
        owners[one.connection, one.organization_key].append(one)
    shared = SharedFigures(store, [key for key, found in owners.items() if any(one.item_filter for one in found)])
    totals: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    unmapped: dict[str, Decimal] = defaultdict(Decimal)
    for key, figures in usage.figures.items():
        for figure in figures:
            for owner in owners.get(key, ()):
                if owner.customer_id is not None:
                    totals[figure.metric, owner.customer_id] += shared.part(key, figure, owner.item_filter)
            if key not in owners:
                unmapped[figure.metric] += figure.value
    by_type: dict[str, list[CustomerUsage]] = defaultdict(list)
    for (metric, customer), total in sorted(totals.items(), key=lambda entry: (-entry[1], entry[0])):
        if total:
            by_type[metric].append(CustomerUsage(customer, names.customer(customer), total))
    return {metric: tuple(found) for metric, found in by_type.items()}, unmapped


def _opened(rules: tuple[Rule, ...], known: Vocabulary) -> tuple[Rule, ...]:
    """The rules as suggestions read them: a quantity of one's own metrics shows the billing types behind it."""
    found: list[Rule] = []
    for rule in rules:
        names = [name for name in names_of(rule.quantity) if name in known.metrics]
        if rule.exclude or not names:
            found.append(rule)
            continue
        types = {name for name in names_of(rule.quantity) if name in known.types}
        for name in names:
            types |= _types_behind(name, known)
        found.append(
            Rule(rule.id, rule.level, rule.service_id, rule.target, " + ".join(sorted(types)) or rule.quantity)
        )
    return tuple(rule for rule in found if not rule.exclude)


def _types_behind(name: str, known: Vocabulary) -> set[str]:
    metric = known.metrics.get(name)
    if metric is None or metric.over_items:
        return set()
    seen: set[str] = set()
    pending = list(names_of(metric.expression))
    done: set[str] = set()
    while pending:
        inner = pending.pop()
        if inner in known.types:
            seen.add(inner)
        elif inner in known.metrics and inner not in done:
            done.add(inner)
            pending.extend(names_of(known.metrics[inner].expression))
    return seen


def _similar(label: str, services: tuple[Service, ...], taken: set[str]) -> tuple[Service, ...]:
    """Active services whose names hold every word of the billing type's name."""
    wanted = {word.rstrip("s") for word in plain(label).split() if word != "and"}
    return tuple(
        service
        for service in services
        if service.active
        and service.id not in taken
        and wanted <= {word.rstrip("s") for word in plain(service.name).split()}
    )


def module_label(kind: str) -> str:
    """A module's name as its vendor writes it; its kind where no catalogue file says."""
    return load_catalogue(kind).label if kind in known_modules() else kind


def _type_warnings(kind: BillingType) -> tuple[Reason, ...]:
    found: list[Reason] = []
    if kind.kind is MetricKind.ONE_TIME:
        found.append(Reason.of("suggest.one_time", type=kind.label))
    if kind.certainty is Certainty.GUESSED:
        found.append(Reason.of("suggest.guessed", type=kind.label))
    return tuple(found)


def suggestions(ws: Workspace) -> tuple[RuleSuggestion, ...]:
    """See `rules.suggest`; one moment of the database, by module and in the order of its billing types."""
    store = ws.store
    with store.reading():
        known = vocabulary(ws)
        names = PsaNames(ws)
        today = usage_day(ws.now(), store.settings.get())
        usage = newest_usage(store)
        by_type, unmapped = _usage_by_type(store, usage, names)
        rules = _opened(store.rules.list(), known)
        everything = store.psa.services()
        services = tuple(service for service in everything if service.kind is LineKind.SERVICE)
        lines = store.psa.lines()
        contracts = {contract.id: contract for contract in store.psa.contracts() if contract.covers(today)}
    by_id = {service.id: service for service in everything}  # a bundle may bill a type, and is never proposed for one
    labels = {kind.key: kind.label for kind in known.types.values()}
    ruled = {rule.service_id for rule in rules if rule.level is RuleLevel.SERVICE}
    found: list[RuleSuggestion] = []
    for module in dict.fromkeys(key.partition(".")[0] for key in known.types):
        types = [kind for kind in known.types.values() if kind.key.partition(".")[0] == module]
        label = module_label(module)
        for one in suggest_services(label, types, by_type, services, lines, contracts, rules):
            kind = known.types[one.billing_type]
            users = by_type[kind.key]
            governing = tuple(by_id[service] for service in one.governed_by if service in by_id)
            taken = {service.id for service in (*one.services, *governing)}
            fits = len(one.services) == 1 and not one.governed_by and kind.kind is not MetricKind.ONE_TIME
            fits = fits and one.services[0].id not in ruled
            mixing = mixing_warnings([rule for rule in rules if kind.key in names_of(rule.quantity)], by_id, labels)
            found.append(
                RuleSuggestion(
                    module=module,
                    module_label=label,
                    type=kind,
                    proposed_name=one.proposed_name,
                    services=one.services,
                    similar=_similar(kind.label, services, taken),
                    governed_by=governing,
                    quantity=kind.key,
                    total=sum((user.quantity for user in users), Decimal(0)),
                    customers=len(users),
                    unmapped=unmapped.get(kind.key, Decimal(0)),
                    missing_lines=one.missing_lines,
                    draft=RuleDraft(service=one.services[0].id, quantity=kind.key) if fits else None,
                    warnings=(*one.warnings, *mixing, *_type_warnings(kind)),
                )
            )
    return tuple(found)
