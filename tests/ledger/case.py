"""A case of the ledger as it is written, turned into dates, decimals and days. README.md explains the keys."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

from ruamel.yaml import YAML
from tests.ledger.stage import BILLING_CODE, PERIOD_TYPES, RMM, Site, uid_of

from trueup.core.quantities.allocation import AllocationGroup, GroupLine
from trueup.core.rule import (
    PRESETS,
    Basis,
    Mirror,
    Override,
    QuantityPolicy,
    Rounding,
    Rule,
    RuleLevel,
    Scope,
    Timing,
    TimingPolicy,
    Window,
)

CASES = Path(__file__).parent / "cases"
DAY = timedelta(days=1)
BUNDLE = "bundle-"
"""How the product names bundles and their lines, which the PSA numbers apart from services and their lines."""
KEYS = {
    "case", "story", "why", "switches", "customers", "services", "bundles", "contracts", "rules", "usage", "nights",
    "released", "human", "post_through", "expect", "groups",
}  # fmt: skip


@dataclass(frozen=True)
class Released:
    """A person's word on one night for one line, with the ledger's plain word for the reason."""

    night: date
    line: str
    reason: str


@dataclass(frozen=True)
class Edit:
    """A person's change of units in the PSA, before the run of a night."""

    night: date
    line: int
    day: date
    change: int


@dataclass(frozen=True)
class Case:
    """One story. `text` is the file as it was read; the rest is what playing it needs."""

    name: str
    text: Mapping

    @property
    def expect(self) -> Mapping:
        return self.text["expect"]

    @property
    def nights(self) -> tuple[date, ...]:
        return tuple(self.text["nights"])

    @property
    def first_day(self) -> date:
        return min(self.usage())

    @property
    def days(self) -> tuple[date, ...]:
        """Every day from the first usage day to the last night or usage day."""
        last = max(*self.usage(), *self.nights)
        return tuple(self.first_day + timedelta(days=number) for number in range((last - self.first_day).days + 1))

    @property
    def post_through(self) -> date:
        return self.text["post_through"]

    @property
    def released(self) -> tuple[Released, ...]:
        return tuple(Released(r["night"], self.line_key(r["line"]), r["reason"]) for r in self.text.get("released", []))

    @property
    def edits(self) -> tuple[Edit, ...]:
        return tuple(Edit(h["night"], h["line"], h["date"], h["change"]) for h in self.text.get("human", []))

    def line_key(self, number: int) -> str:
        """The product's id of a line."""
        bundle = any(line["id"] == number and "bundle" in line for c in self.text["contracts"] for line in c["lines"])
        return f"{BUNDLE if bundle else ''}{number}"

    @property
    def posted_through(self) -> Mapping[int, date]:
        """Last day of each contract that was posted before the story, by line."""
        return {
            line["id"]: contract["posted_through"]
            for contract in self.text["contracts"]
            if contract.get("posted_through")
            for line in contract["lines"]
        }

    def site_name(self, key: str) -> str:
        """The name of a site as the RMM shows it: after the slash, else the customer's."""
        customer, slash, name = key.partition("/")
        return name if slash else self._names()[customer]

    def customer_of(self, site: str) -> str | None:
        """The customer that a site is mapped to; None for a site that nobody has mapped."""
        for key in map(str, self.text["usage"]):
            if self.site_name(key) == site:
                customer = key.partition("/")[0]
                return None if customer == "unmapped" else customer
        raise KeyError(site)

    def usage(self) -> Mapping[date, Mapping[str, Site]]:
        """What the RMM shows, by day and site name; a day that is missing could not be collected."""
        found: dict[date, dict[str, Site]] = defaultdict(dict)
        for key, spans in self.text["usage"].items():
            for span, shown in spans.items():
                devices = {kind: count for kind, count in shown.items() if kind != "exempt"}
                for day in _days_of(span):
                    found[day][self.site_name(str(key))] = Site(devices, shown.get("exempt", {}))
        return found

    def psa_content(self) -> dict[str, object]:
        """The PSA before the story, as the simulator's scenario."""
        switches = {"posted_mode": "posted_period", "same_day_duplicate": "same_day_duplicate"}
        given = {key: value for key, value in self.text["switches"].items() if key != "tenant"}
        contracts: list[dict[str, object]] = []
        lines: dict[str, list[dict[str, object]]] = {"service": [], "bundle": []}
        for contract in self.text["contracts"]:
            posted = contract.get("posted_through")
            contracts.append(
                {
                    "id": contract["id"],
                    "companyID": contract["customer"],
                    "contractName": f"Contract {contract['id']}",
                    "startDate": contract["start"].isoformat(),
                    "endDate": contract["end"].isoformat(),
                    "contractPeriodType": PERIOD_TYPES[contract["period"]],
                    **({"billToCompanyID": contract["bill_to"]} if "bill_to" in contract else {}),
                    **({"renewedContractID": contract["renewed_by"]} if "renewed_by" in contract else {}),
                    **({"status": 0} if contract.get("inactive") else {}),
                    **({"posted_through": posted.isoformat()} if posted else {}),
                }
            )
            for line in contract["lines"]:
                kind = "bundle" if "bundle" in line else "service"
                item = {"serviceBundleID": line["bundle"]} if kind == "bundle" else {"serviceID": line["service"]}
                units = {day.isoformat(): count for day, count in line["units"].items()}
                place = {"id": line["id"], "contractID": contract["id"]}
                lines[kind].append({**place, **item, "unitPrice": Decimal(line["price"]), "units": units})
        return {
            "switches": {"cut_period": "full"} | {switches[key]: value for key, value in given.items()},
            "companies": [{"id": 0, "companyName": "The MSP", "currencyID": 1}]
            + [
                {
                    "id": c["id"],
                    "companyName": c["name"],
                    "currencyID": 1,
                    **({"parentCompanyID": c["parent"]} if "parent" in c else {}),
                }
                for c in self.text["customers"]
            ],
            "services": [
                {"id": s["id"], "name": s["name"], "billingCodeID": BILLING_CODE, "unitPrice": Decimal(s["price"])}
                for s in self.text["services"]
            ],
            "bundles": [
                {
                    "id": b["id"],
                    "name": b["name"],
                    "billingCodeID": BILLING_CODE,
                    "unitPrice": Decimal(b["price"]),
                    "services": b["services"],
                }
                for b in self.text.get("bundles", [])
            ],
            "contracts": contracts,
            "lines": lines["service"],
            "bundle_lines": lines["bundle"],
        }

    def told(self) -> dict[str, str]:
        """What the tenant has been told about its PSA, as settings."""
        told = self.text["switches"].get("tenant", {})
        same_day = {"accepted": "reused_at_period_start", "refused": "never", None: "never"}
        return {
            "posted_period": told.get("posted_period", "unproven"),
            "same_day": same_day[told.get("same_day_at_period_start")],
        }

    def line_amount(self) -> Decimal | None:
        """The amount a month above which a line waits, where the story sets one."""
        told = self.text["switches"].get("tenant", {}).get("line_amount")
        return None if told is None else Decimal(told)

    def rules(self) -> tuple[Rule, ...]:
        """The rules of the story; they begin with its first usage day."""
        return tuple(self._rule(number, rule) for number, rule in enumerate(self.text["rules"], 1))

    def _rule(self, number: int, rule: Mapping) -> Rule:
        services = {number: _item_of(line) for number, (_, line) in self._places().items()}
        service = services[rule["line"]] if "line" in rule else _item_of(rule)
        level, target = RuleLevel.SERVICE, service
        if "line" in rule:
            level, target = RuleLevel.LINE, self.line_key(rule["line"])
        for place in (RuleLevel.CUSTOMER, RuleLevel.CONTRACT):
            if place.value in rule:
                level, target = place, str(rule[place.value])
        return Rule(
            id=f"rule-{number}",
            level=level,
            service_id=service,
            target=target,
            quantity=rule.get("quantity", ""),
            policy=_policy(rule.get("policy", {})),
            timing=PRESETS[rule["preset"]] if "preset" in rule else _timing(rule.get("timing", {})),
            override=_override(rule["override"]) if "override" in rule else None,
            exclude=rule.get("exclude", False),
            cutover=self.first_day,
            mirror=self._mirror(rule["mirror"]) if "mirror" in rule else None,
            exclusive=rule.get("exclusive", ""),
            scope=Scope(
                organizations=tuple(sorted((RMM, uid_of(site)) for site in rule.get("organizations", ()))),
                items=rule.get("items"),
            ),
        )

    def groups(self) -> tuple[AllocationGroup, ...]:
        """The allocation groups of the story; they begin with its first usage day."""
        return tuple(
            AllocationGroup(
                name=group["name"],
                customer_id=str(self._places()[group["lines"][0]["line"]][0]["customer"]),
                quantity=group["quantity"],
                lines=tuple(self._place(place) for place in group["lines"]),
                policy=_policy(group.get("policy", {})),
                timing=PRESETS[group["preset"]] if "preset" in group else _timing(group.get("timing", {})),
                cutover=self.first_day,
            )
            for group in self.text.get("groups", [])
        )

    def _places(self) -> Mapping[int, tuple[Mapping, Mapping]]:
        """Contract and line of each line's number."""
        return {line["id"]: (contract, line) for contract in self.text["contracts"] for line in contract["lines"]}

    def _place(self, given: Mapping) -> GroupLine:
        contract, line = self._places()[given["line"]]
        own = _timing(given["timing"]) if "timing" in given else None
        cap, policy = given.get("cap"), _policy(given.get("policy", {}))
        return GroupLine(self.line_key(line["id"]), str(contract["id"]), _item_of(line), cap, policy, own)

    def _mirror(self, number: int) -> Mirror:
        contract, line = self._places()[number]
        return Mirror(_item_of(line), self.line_key(line["id"]), str(contract["id"]))

    def _names(self) -> Mapping[str, str]:
        return {str(customer["id"]): customer["name"] for customer in self.text["customers"]}


def _days_of(span: object) -> Iterator[date]:
    """A day, or the days of a range `first..last`."""
    if isinstance(span, date):
        yield span
        return
    first, _, last = str(span).partition("..")
    day, end = date.fromisoformat(first), date.fromisoformat(last or first)
    while day <= end:
        yield day
        day += DAY


def _item_of(entry: Mapping) -> str:
    """The product's id of the service or bundle that a line or a rule is for."""
    return f"{BUNDLE}{entry['bundle']}" if "bundle" in entry else str(entry["service"])


def _override(given: Mapping) -> Override:
    return Override(given["units"], given["reason"], until=given.get("until"))


def _policy(given: Mapping) -> QuantityPolicy:
    kinds = {"basis": Basis, "window": Window, "rounding": Rounding, "included": _decimal, "multiplier": _decimal}
    chosen = {key: kinds[key](value) if key in kinds else value for key, value in given.items()}
    return QuantityPolicy(**chosen, rounding_chosen="rounding" in given)


def _decimal(value: object) -> Decimal:
    return Decimal(str(value))


def _timing(given: Mapping) -> TimingPolicy:
    days = {"increase", "decrease"}
    return TimingPolicy(**{key: Timing(value) if key in days else value for key, value in given.items()})


def load_case(path: Path) -> Case:
    """Read a case; a key that README.md does not name is refused, because it would not be played."""
    text = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))
    if unknown := sorted(set(text) - KEYS):
        raise ValueError(f"{path.name}: unknown key {unknown[0]!r}")
    return Case(text["case"], text)


def all_cases() -> tuple[Path, ...]:
    return tuple(sorted(CASES.glob("*.yaml")))
