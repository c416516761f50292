"""What a tenant's numbers stand for. Numbers of choice fields differ between tenants; their labels say what they are.

Expected numbers (Autotask REST, records of live tenants): contract type 7 is Recurring Service; period types 2 to 5 are
Monthly, Quarterly, Semi-Annual, Yearly; contract status 1 is In Effect. A tenant may show its labels in another
language, so an unknown label falls back to the expected number, and `check` says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from trueup.core.contract import PeriodType
from trueup.core.usage import FailureCategory
from trueup.psa.autotask.calls import Call, Purpose
from trueup.psa.autotask.query import decoded
from trueup.psa.autotask.transport import Transport
from trueup.psa.port import PsaReadError

RECURRING = 7
PERIODS: Mapping[int, PeriodType] = {
    2: PeriodType.MONTHLY,
    3: PeriodType.QUARTERLY,
    4: PeriodType.SEMI_ANNUAL,
    5: PeriodType.YEARLY,
}
IN_EFFECT = 1
RECURRING_BILLING_CODE = 5

_RECURRING_LABELS = frozenset({"recurring service", "recurring services"})
_IN_EFFECT_LABELS = frozenset({"in effect", "active"})
_GONE_LABELS = frozenset({"dead", "cancelation", "cancellation"})
_PERIOD_LABELS: Mapping[str, PeriodType] = {
    "monthly": PeriodType.MONTHLY,
    "quarterly": PeriodType.QUARTERLY,
    "semi-annual": PeriodType.SEMI_ANNUAL,
    "semi annual": PeriodType.SEMI_ANNUAL,
    "semiannual": PeriodType.SEMI_ANNUAL,
    "semi-annually": PeriodType.SEMI_ANNUAL,
    "yearly": PeriodType.YEARLY,
    "annual": PeriodType.YEARLY,
    "annually": PeriodType.YEARLY,
}


class _Choice(msgspec.Struct):
    value: str | int | None = None
    label: str | None = None


class _Field(msgspec.Struct):
    name: str | None = None
    choices: list[_Choice] | None = msgspec.field(default=None, name="picklistValues")


class _Fields(msgspec.Struct):
    fields: list[_Field] | None = None


Labels = Mapping[int, str]
"""Labels of a choice field by number, trimmed and without case."""


def fields_call(entity: str) -> Call:
    """The call that describes an entity's fields; it counts to the entity's thread limit."""
    return Call(entity, f"V1.0/{entity}/entityInformation/fields", Purpose.SETUP)


async def read_labels(transport: Transport, entity: str, names: tuple[str, ...]) -> dict[str, Labels]:
    """Labels of some choice fields; a field that has none is empty. Raises PsaReadError."""
    answer = await transport.read(fields_call(entity))
    found = decoded(entity, answer.body, _Fields).fields or []
    wanted = {name.lower(): name for name in names}
    labels: dict[str, Labels] = {name: {} for name in names}
    for item in found:
        name = wanted.get((item.name or "").lower())
        if name is not None:
            labels[name] = dict(_numbered(item.choices or []))
    return labels


async def labels_or_none(transport: Transport, entity: str, names: tuple[str, ...]) -> dict[str, Labels]:
    """The same, but empty where this user may not read them or they came in another shape."""
    try:
        return await read_labels(transport, entity, names)
    except PsaReadError as error:
        if error.failure.category in (FailureCategory.PERMISSION, FailureCategory.SCHEMA_CHANGED):
            return {name: {} for name in names}
        raise


def _numbered(choices: list[_Choice]) -> list[tuple[int, str]]:
    found = []
    for choice in choices:
        try:
            found.append((int(choice.value if choice.value is not None else ""), (choice.label or "").strip().lower()))
        except ValueError:
            continue  # a choice that is not a number cannot stand in a numeric field
    return found


@dataclass(frozen=True, slots=True)
class Meanings:
    """What this tenant's numbers mean. `surprises` names choice fields whose labels were not as expected."""

    recurring: int = RECURRING
    in_effect: frozenset[int] = frozenset({IN_EFFECT})
    gone: frozenset[int] = frozenset()
    periods: Mapping[int, PeriodType] = field(default_factory=lambda: dict(PERIODS))
    surprises: tuple[str, ...] = ()

    @classmethod
    def of(cls, contracts: Mapping[str, Labels], companies: Mapping[str, Labels]) -> Meanings:
        """Meanings from the labels of Contracts (type, period type, status) and Companies (company type)."""
        types, statuses = contracts.get("contractType", {}), contracts.get("status", {})
        company_types = companies.get("companyType", {})
        recurring = _only(types, _RECURRING_LABELS)
        in_effect = frozenset(number for number, label in statuses.items() if label in _IN_EFFECT_LABELS)
        gone = frozenset(number for number, label in company_types.items() if label in _GONE_LABELS)
        periods = periods_of(contracts.get("contractPeriodType", {}))
        surprises = [
            name
            for name, surprising in (
                ("contractType", recurring != RECURRING),
                ("contractPeriodType", any(periods.get(number) != length for number, length in PERIODS.items())),
                ("contractPeriodType.labels", not known_periods(contracts.get("contractPeriodType", {}))),
                ("status", IN_EFFECT not in in_effect),
                ("companyType", not gone),
            )
            if surprising
        ]
        return cls(
            recurring=RECURRING if recurring is None else recurring,
            in_effect=in_effect or frozenset({IN_EFFECT}),
            gone=gone,
            periods=periods,
            surprises=tuple(surprises),
        )


def known_periods(labels: Labels) -> dict[int, PeriodType]:
    """The period types whose label is known."""
    return {number: _PERIOD_LABELS[label] for number, label in labels.items() if label in _PERIOD_LABELS}


def periods_of(labels: Labels) -> dict[int, PeriodType]:
    """Period types by number: by label where it is known, else as expected where no label contradicts."""
    known = known_periods(labels)
    taken = set(known.values())
    return {**{number: length for number, length in PERIODS.items() if length not in taken or not labels}, **known}


def _only(labels: Labels, wanted: frozenset[str]) -> int | None:
    found = [number for number, label in labels.items() if label in wanted]
    return found[0] if len(found) == 1 else None
