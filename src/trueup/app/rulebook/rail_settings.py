"""Set the numbers of the guard rails: for the tenant, a service or a line; each change is kept, with who and when.

Two persons: above an amount in one currency an outcome needs the approval of two (`second_approval_above.EUR`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from babel.numbers import list_currencies

from trueup.app.connections.known_psa import asked_again, lines_known
from trueup.app.counting.item_metrics import wrong
from trueup.app.errors import failed, refused
from trueup.app.workspace import Workspace
from trueup.core.naming import plain
from trueup.core.rails.thresholds import (
    KINDS,
    LINE_PARTS,
    ThresholdChoice,
    ThresholdFault,
    ThresholdLevel,
    part_text,
    part_value,
)
from trueup.core.reason import Reason
from trueup.core.settings import Thresholds
from trueup.store.rails import StoredChoice
from trueup.store.tenant_store import TenantStore

SECOND_APPROVAL = "second_approval_above."

_FAULTS = {
    "share": "rails.share",
    "count": "rails.count",
    "amount": "rails.amount",
    "flag": "rails.flag",
    "part": "rails.part",
}
_MAY_BE_NEW = ("rules.unknown_service", "rules.unknown_target")


@dataclass(frozen=True, slots=True)
class RailPlace:
    """Where numbers are set: the tenant (no service, no line), a service (name or id) or a line (id)."""

    service: str | None = None
    line: str | None = None


@dataclass(frozen=True, slots=True)
class RailNumber:
    """One number that holds at a place: its value as text, and where it comes from (`default`, `tenant`, `service` or
    `line`)."""

    name: str
    value: str
    origin: str


@dataclass(frozen=True, slots=True)
class RailsShown:
    """All numbers that hold at one place, with who set what the place itself says, and when."""

    level: ThresholdLevel
    target: str
    name: str
    numbers: tuple[RailNumber, ...]
    version: int | None = None
    saved_by: str | None = None
    saved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class RailsSaved:
    """What was saved: the numbers that hold now, and whether anything changed."""

    shown: RailsShown
    changed: bool


def _service_id(store: TenantStore, wanted: str) -> str:
    services = store.psa.services()
    if any(service.id == wanted for service in services):
        return wanted
    same = sorted(service.id for service in services if plain(service.name) == plain(wanted))
    if len(same) > 1:
        raise wrong("rules.ambiguous_name", what="service", name=wanted, ids=", ".join(same))
    if not same:
        raise failed("rules.unknown_service", service=wanted)
    return same[0]


def _place(store: TenantStore, place: RailPlace) -> tuple[ThresholdLevel, str]:
    if place.line is not None:
        if not any(line.id == place.line for line in store.psa.lines()):
            raise failed("rules.unknown_target", level="line", target=place.line)
        return ThresholdLevel.LINE, place.line
    if place.service is not None:
        return ThresholdLevel.SERVICE, _service_id(store, place.service)
    return ThresholdLevel.TENANT, ""


def _checked(level: ThresholdLevel, said: Mapping[str, str]) -> dict[str, str]:
    """What was said as it is kept. Raises UseCaseError with exit code 2: `rails.*`."""
    found: dict[str, str] = {}
    for name, text in said.items():
        try:
            value = part_value(name, text)
        except ThresholdFault as fault:
            raise wrong(_FAULTS[fault.kind], part=name, value=text, known=", ".join(KINDS)) from None
        if name.startswith(SECOND_APPROVAL) and name.removeprefix(SECOND_APPROVAL) not in list_currencies():
            raise wrong("setup.unknown_currency", currency=name.removeprefix(SECOND_APPROVAL))
        if level is not ThresholdLevel.TENANT and name not in LINE_PARTS:
            raise wrong("rails.tenant_only", part=name, known=", ".join(LINE_PARTS))
        found[name] = part_text(value)
    return found


def _ordered(parts: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    order = {name: place for place, name in enumerate(KINDS)}
    return tuple(sorted(parts.items(), key=lambda part: (order.get(part[0], len(order)), part[0])))


def _shown(store: TenantStore, level: ThresholdLevel, target: str) -> RailsShown:
    stored = {(one.choice.level, one.choice.target): one for one in store.rails.listing()}
    base = store.settings.get().thresholds
    services = {service.id: service.name for service in store.psa.services(with_gone=True)}
    lines = {line.id: line.service_id for line in store.psa.lines(with_gone=True)}
    service = lines.get(target, "") if level is ThresholdLevel.LINE else target
    layers: list[tuple[str, tuple[tuple[str, str], ...]]] = [
        ("default", _texts(Thresholds())),
        ("tenant", _texts(base)),
    ]
    for layer, place in (
        (ThresholdLevel.TENANT, ""),
        (ThresholdLevel.SERVICE, service),
        (ThresholdLevel.LINE, target if level is ThresholdLevel.LINE else ""),
    ):
        found = stored.get((layer, place))
        if found is not None:
            layers.append((layer.value, found.choice.parts))
    numbers: dict[str, RailNumber] = {}
    for origin, parts in layers:
        for name, text in parts:
            if origin != "tenant" or name not in numbers or numbers[name].value != text:
                numbers[name] = RailNumber(name, text, origin)
    names = KINDS if level is ThresholdLevel.TENANT else LINE_PARTS
    extra = [name for name in sorted(numbers) if name not in KINDS and level is ThresholdLevel.TENANT]
    own = stored.get((level, target))
    return RailsShown(
        level,
        target,
        services.get(service, ""),
        tuple(numbers[name] for name in (*names, *extra)),
        *((own.version, own.saved_by, own.saved_at) if own else ()),
    )


def _texts(thresholds: Thresholds) -> tuple[tuple[str, str], ...]:
    return tuple((field.name, part_text(getattr(thresholds, field.name))) for field in fields(Thresholds))


def _saved(
    ws: Workspace, place: RailPlace, said: Mapping[str, str], clear: Iterable[str] | None, expected: int | None
) -> RailsSaved:
    store = ws.store
    with store.writing():
        level, target = _place(store, place)
        if expected is not None and expected != (_shown(store, level, target).version or 0):
            raise refused("rails.changed_meanwhile")
        before = store.rails.choices().parts(level, target)
        parts = dict(before)
        if clear is not None:
            gone = tuple(clear) or tuple(parts)
            unknown = sorted(name for name in gone if name not in parts)
            if unknown:
                raise wrong("rails.not_set", part=", ".join(unknown), known=", ".join(parts) or None)
            parts = {name: text for name, text in parts.items() if name not in gone}
        parts |= _checked(level, said)
        choice = ThresholdChoice(level, target, _ordered(parts))
        changed = choice.parts != before
        if changed:
            _keep(ws, choice)
        return RailsSaved(_shown(store, level, target), changed)


def _keep(ws: Workspace, choice: ThresholdChoice) -> StoredChoice:
    saved = ws.store.rails.save(choice, ws.actor, now=ws.now())
    said = ", ".join(f"{name}={text}" for name, text in choice.parts)
    detail = Reason.of(
        "audit.rails_saved", level=choice.level.value, target=choice.target, version=saved.version, parts=said or None
    )
    ws.store.audit.add(ws.actor, "rails.saved", detail, now=ws.now())
    return saved


async def set_rails(
    ws: Workspace, place: RailPlace, said: Mapping[str, str], gone: Iterable[str] = (), expected: int | None = None
) -> RailsSaved:
    """Set some numbers at one place and take back those that are `gone`; the others stay as they are or are inherited.
    `expected` is the place's version that the person saw, 0 where nothing was set.

    Raises UseCaseError with exit code 2: `rails.part`, `rails.share`, `rails.count`, `rails.amount`, `rails.flag`,
    `rails.tenant_only`, `rails.nothing_said`, `setup.unknown_currency`; `rules.unknown_service`,
    `rules.unknown_target`; with exit code 4 `rails.changed_meanwhile`.
    """
    if not said and not gone:
        raise wrong("rails.nothing_said", known=", ".join(KINDS))
    return await _looked_up(ws, place, said, tuple(gone) or None, expected)


async def clear_rails(
    ws: Workspace, place: RailPlace, parts: Iterable[str] = (), expected: int | None = None
) -> RailsSaved:
    """Take back what a place says, some parts or all. Raises UseCaseError `rails.not_set` (exit code 2),
    `rails.changed_meanwhile` (exit code 4)."""
    return await _looked_up(ws, place, {}, tuple(parts), expected)


async def _looked_up(
    ws: Workspace, place: RailPlace, said: Mapping[str, str], clear: tuple[str, ...] | None, expected: int | None
) -> RailsSaved:
    if place.line is not None or place.service is not None:
        await lines_known(ws)
    return await asked_again(
        lambda: ws.step(_saved, ws, place, said, clear, expected), _MAY_BE_NEW, lambda: lines_known(ws, again=True)
    )


def _listing(ws: Workspace, place: RailPlace) -> tuple[RailsShown, ...]:
    store = ws.store
    with store.reading():
        level, target = _place(store, place)
        places = [(level, target)]
        if level is ThresholdLevel.TENANT:
            stored = (one.choice for one in store.rails.listing())
            places += [(one.level, one.target) for one in stored if one.level is not ThresholdLevel.TENANT]
        return tuple(_shown(store, *one) for one in places)


async def rails_listing(ws: Workspace, place: RailPlace | None = None) -> tuple[RailsShown, ...]:
    """The numbers that hold: for the tenant and every service and line that has some of its own, or for one place."""
    return await ws.step(_listing, ws, place or RailPlace())
