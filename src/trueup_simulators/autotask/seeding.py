"""From a scenario to a state: records as written, unit rows made from counts or taken over from a dump."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal

from trueup_simulators.autotask import switches
from trueup_simulators.autotask.access import User
from trueup_simulators.autotask.billing import approve_and_post
from trueup_simulators.autotask.bodies import typed_value
from trueup_simulators.autotask.dump import ROWS, TABLES
from trueup_simulators.autotask.errors import RefusedError
from trueup_simulators.autotask.lines import line_of, price_in_internal_currency, rates_of
from trueup_simulators.autotask.scenario import Reader, Scenario, ScenarioError
from trueup_simulators.autotask.state import (
    BUNDLE,
    KINDS,
    SERVICE,
    AcceptedAdjustment,
    ContractNote,
    LineKind,
    State,
)
from trueup_simulators.autotask.store import RecordTable, int_of
from trueup_simulators.autotask.unit_rows import UnitRow
from trueup_simulators.autotask.units import Change, UnitRefusalError
from trueup_simulators.autotask.wire import Json, Value, money, parse_moment

_LINE_SECTIONS = {"lines": SERVICE, "bundle_lines": BUNDLE}
_EXTRA_KEYS: Mapping[str, tuple[str, ...]] = {
    "contracts": ("posted_through",),
    "lines": ("units",),
    "bundle_lines": ("units",),
    "bundles": ("services",),
}
_USER_KEYS = (
    "user_name",
    "secret",
    "companies",
    "hidden_entities",
    "can_edit_contracts",
    "can_edit_catalogue",
    "locked",
)
_ADJUSTMENT_KEYS = (
    "id",
    "kind",
    "line",
    "contract",
    "item",
    "effective_date",
    "unit_change",
    "before",
    "after",
    "adjusted_unit_price",
    "adjusted_unit_cost",
    "by",
    "resource",
    "created_line",
    "at",
)


def seed(scenario: Scenario) -> State:
    """A state that begins as the scenario says. Raises `ScenarioError`."""
    with _without_collecting():
        return _Seeding(scenario).run()


@contextmanager
def _without_collecting() -> Iterator[None]:
    """Several hundred thousand rows that all stay would be walked over and over by the cycle collector."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class _Seeding:
    def __init__(self, scenario: Scenario) -> None:
        self._top = Reader(scenario.content, scenario.source, "")
        self._source = scenario.source
        self._state = State()
        self._posted: dict[int, date] = {}

    def run(self) -> State:
        self._settings()
        for section, path in TABLES.items():
            self._table(section, path)
        for section, kind in _LINE_SECTIONS.items():
            self._lines(kind)
            self._rows(next(key for key, value in ROWS.items() if value is kind), kind)
            self._units(section, kind)
        self._posting()
        self._logs()
        return self._state

    def _settings(self) -> None:
        state, top = self._state, self._top
        state.clock.set(top.day("today"))
        state.zone = top.text("zone", "")
        state.accounts.integration_codes = {str(code) for code in top.listed("integration_codes")}
        for position, entry in enumerate(top.listed("users")):
            state.accounts.add(self._user(Reader.of(entry, _USER_KEYS, self._source, f"users[{position}]")))
        try:
            state.switches = switches.changed(state.switches, top.mapping("switches"))
        except switches.SwitchError as error:
            raise ScenarioError(f"{self._source}: switches: {error}") from None
        for currency in top.mapping("currencies"):
            reader = Reader(top.mapping("currencies"), self._source, "currencies")
            state.currencies[int(currency)] = reader.decimal(currency)
        for path, names in top.mapping("user_defined_fields").items():
            table = state.tables.get(path)
            if table is None or not table.entity.udf or not isinstance(names, dict):
                known = ", ".join(name for name, each in state.tables.items() if each.entity.udf)
                raise ScenarioError(f"{self._source}: user_defined_fields.{path}: unknown key; known: {known}")
            table.udf_names = {name: str(kind) for name, kind in names.items()}
        state.next_adjustment_id = top.integer("next_adjustment_id", state.next_adjustment_id)

    def _user(self, reader: Reader) -> User:
        companies = reader.given.get("companies")
        return User(
            user_name=reader.text("user_name"),
            secret=reader.text("secret"),
            companies=None
            if companies is None
            else frozenset(key for key in reader.listed("companies") if isinstance(key, int)),
            hidden_entities=frozenset(str(name).lower() for name in reader.listed("hidden_entities")),
            can_edit_contracts=reader.flag("can_edit_contracts", True),
            can_edit_catalogue=reader.flag("can_edit_catalogue", True),
            locked=reader.flag("locked", False),
        )

    def _table(self, section: str, path: str) -> None:
        table = self._state.table(path)
        known = (
            *(entry.name for entry in table.entity.fields),
            *(("userDefinedFields",) if table.entity.udf else ()),
            *_EXTRA_KEYS.get(section, ()),
        )
        for position, entry in enumerate(self._top.listed(section)):
            place = f"{section}[{position}]"
            reader = Reader.of(entry, known, self._source, place)
            values = {
                field.name: self._value(reader, field.name, table)
                for field in table.entity.fields
                if field.name in reader.given
            }
            try:
                row = table.add({**_defaults(path), **values})
            except ValueError as error:
                raise ScenarioError(f"{self._source}: {place}: {error}") from None
            self._extras(section, reader, table, int_of(row["id"]))

    def _value(self, reader: Reader, name: str, table: RecordTable) -> Value:
        try:
            return typed_value(table.entity.by_name[name.lower()], reader.given[name])
        except RefusedError as error:
            raise ScenarioError(f"{self._source}: {reader.place}.{name}: {error}") from None

    def _extras(self, section: str, reader: Reader, table: RecordTable, key: int) -> None:
        udf = reader.mapping("userDefinedFields")
        for name, value in udf.items():
            if name not in table.udf_names:
                place = f"{reader.place}.userDefinedFields.{name}"
                raise ScenarioError(f"{self._source}: {place}: unknown key; known: {', '.join(table.udf_names)}")
            table.udf_values.setdefault(key, {})[name] = None if value is None else str(value)
        if section == "contracts" and (through := reader.day("posted_through")) is not None:
            self._posted[key] = through
        if section == "bundles":
            for service in reader.listed("services"):
                if not isinstance(service, int):
                    raise reader.error("services", "service ids were expected")
                self._state.table("ServiceBundleServices").add({"serviceBundleID": key, "serviceID": service})

    def _lines(self, kind: LineKind) -> None:
        state, section = self._state, "lines" if kind is SERVICE else "bundle_lines"
        for position, record in enumerate(state.table(kind.lines)):
            place = f"{section}[{position}]"
            item = state.table(kind.items).get(int_of(record[kind.item_field])) if record[kind.item_field] else None
            contract = state.table("Contracts").get(int_of(record["contractID"])) if record["contractID"] else None
            if item is None or contract is None:
                missing = "contractID" if contract is None else kind.item_field
                raise ScenarioError(f"{self._source}: {place}.{missing}: nothing has this id")
            prices = ("unitPrice", "unitCost") if kind is SERVICE else ("unitPrice",)
            for name in prices:
                if record[name] is None:
                    record[name] = money(0) if item[name] is None else item[name]
            price_in_internal_currency(state, kind, record)
            state.units[kind.name].add_line(line_of(state, kind, record))

    def _rows(self, section: str, kind: LineKind) -> None:
        table = self._state.units[kind.name]
        known = (
            *("id", kind.line_field, "contractID", kind.item_field, "startDate", "endDate", "units", "unit_price"),
            *("unit_cost", "approveAndPostDate", "period_start", "period_end", "adjustment_id"),
            *("carried_units", "carried_amount"),
        )
        for position, entry in enumerate(self._top.listed(section)):
            place = f"{section}[{position}]"
            reader = Reader.of(entry, known, self._source, place)
            line = table.lines.get(reader.integer(kind.line_field))
            if line is None:
                raise reader.error(kind.line_field, "the id of a line was expected")
            start, end = reader.needed_day("startDate"), reader.needed_day("endDate")
            table.add(
                UnitRow(
                    id=reader.integer("id"),
                    line=line,
                    start=start,
                    end=end,
                    units=reader.integer("units"),
                    unit_price=reader.decimal("unit_price"),
                    unit_cost=reader.decimal("unit_cost", Decimal("0.0000")),
                    period_start=reader.day("period_start") or start,
                    period_end=reader.day("period_end") or end,
                    posted=reader.day("approveAndPostDate"),
                    adjustment_id=None if "adjustment_id" not in reader.given else reader.integer("adjustment_id"),
                    carried_units=reader.integer("carried_units", 0),
                    carried_amount=reader.decimal("carried_amount", Decimal(0)),
                )
            )

    def _units(self, section: str, kind: LineKind) -> None:
        state = self._state
        records = list(state.table(kind.lines))
        by_place = {int_of(record["id"]): record for record in records}
        engine, lines = state.engines[kind.name], state.units[kind.name].lines
        ids = self._ids_as_written(section, kind)
        for position, entry in enumerate(self._top.listed(section)):
            reader = Reader.of(entry, entry if isinstance(entry, dict) else (), self._source, f"{section}[{position}]")
            counts = reader.mapping("units")
            if not counts:
                continue
            record = by_place[ids[position]]
            contract = state.table("Contracts").get(int_of(record["contractID"]))
            if contract is None:
                raise AssertionError("checked before")
            line = lines[ids[position]]
            terms = state.terms(kind, contract, line.item_id)
            rates = rates_of(state, kind, record)
            before = 0
            nested = Reader(counts, self._source, f"{reader.place}.units")
            for text in sorted(counts):
                day, wanted = self._count(nested, text)
                if not terms.start <= day <= terms.end:
                    raise ScenarioError(f"{self._source}: {nested.place}.{text}: outside the contract's dates")
                try:
                    change = Change(day, wanted - before, state.new_adjustment_id(), by_person=True)
                    engine.adjust(line, terms, rates, change)
                except UnitRefusalError as error:
                    raise ScenarioError(f"{self._source}: {nested.place}.{text}: {error}") from None
                before = wanted
            line.adjusted_days.clear()

    def _ids_as_written(self, section: str, kind: LineKind) -> list[int]:
        """Ids in the order of the file; lines without one got theirs in that order too."""
        given = [entry.get("id") for entry in self._top.listed(section) if isinstance(entry, dict)]
        taken = {key for key in given if isinstance(key, int)}
        made = iter(
            key for key in (int_of(record["id"]) for record in self._state.table(kind.lines)) if key not in taken
        )
        return [key if isinstance(key, int) else next(made) for key in given]

    def _count(self, reader: Reader, text: str) -> tuple[date, int]:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ScenarioError(f"{self._source}: {reader.place}.{text}: a date was expected") from None
        return day, reader.integer(text)

    def _posting(self) -> None:
        for contract, through in self._posted.items():
            approve_and_post(self._state, through, frozenset({contract}))

    def _logs(self) -> None:
        for position, entry in enumerate(self._top.listed("adjusted_days")):
            reader = Reader.of(entry, ("kind", "line", "days"), self._source, f"adjusted_days[{position}]")
            kind = self._kind(reader)
            line = self._state.units[kind.name].lines.get(reader.integer("line"))
            if line is None:
                raise reader.error("line", "the id of a line was expected")
            line.adjusted_days = {date.fromisoformat(str(day)) for day in reader.listed("days")}
        for position, entry in enumerate(self._top.listed("adjustments")):
            reader = Reader.of(entry, _ADJUSTMENT_KEYS, self._source, f"adjustments[{position}]")
            self._state.adjustments.append(self._adjustment(reader))
        for position, entry in enumerate(self._top.listed("notes")):
            known = ("contract", "title", "description", "resource", "at")
            reader = Reader.of(entry, known, self._source, f"notes[{position}]")
            self._state.notes.append(
                ContractNote(
                    reader.integer("contract"),
                    reader.text("title"),
                    reader.text("description"),
                    reader.text("resource"),
                    _moment(reader, "at"),
                )
            )

    def _kind(self, reader: Reader) -> LineKind:
        kind = KINDS.get(reader.text("kind"))
        if kind is None:
            raise reader.error("kind", f"one of {', '.join(KINDS)} was expected")
        return kind

    def _adjustment(self, reader: Reader) -> AcceptedAdjustment:
        prices: list[Decimal | None] = [
            None if reader.given.get(name) is None else reader.decimal(name)
            for name in ("adjusted_unit_price", "adjusted_unit_cost")
        ]
        return AcceptedAdjustment(
            id=reader.integer("id"),
            kind=self._kind(reader).name,
            line_id=reader.integer("line"),
            contract_id=reader.integer("contract"),
            item_id=reader.integer("item"),
            effective_date=reader.needed_day("effective_date"),
            unit_change=reader.integer("unit_change"),
            before=reader.integer("before"),
            after=reader.integer("after"),
            adjusted_unit_price=prices[0],
            adjusted_unit_cost=prices[1],
            by=reader.text("by"),
            resource=reader.text("resource"),
            created_line=reader.flag("created_line", False),
            at=_moment(reader, "at"),
        )


def _moment(reader: Reader, key: str) -> datetime:
    try:
        return parse_moment(reader.text(key))
    except ValueError:
        raise reader.error(key, "a moment was expected") from None


_ALWAYS: Mapping[str, Mapping[str, Json]] = {
    "Companies": {"isActive": True, "companyType": 1, "ownerResourceID": 29_682_885, "phone": ""},
    "Contracts": {"status": 1, "contractType": 7, "timeReportingRequiresStartAndStopTimes": 0},
    "Services": {"isActive": True, "periodType": 2},
    "ServiceBundles": {"isActive": True, "periodType": 2},
    "BillingCodes": {"isActive": True, "useType": 5},
}


def _defaults(path: str) -> dict[str, Value]:
    """What a scenario need not say."""
    return {name: value for name, value in _ALWAYS.get(path, {}).items() if not isinstance(value, dict | list)}
