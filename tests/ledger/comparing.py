"""Compares the dump of the PSA's simulator with what a case expects, to the unit, the day and the cent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal

from tests.ledger.case import Case
from tests.ledger.playing import WORDS, Story
from tests.ledger.stage import Json, accepted_in

_CHANGES = ("contractServiceAdjustmentID", "contractServiceBundleAdjustmentID")
Row = tuple[date, date, int, Decimal]
Item = tuple[int, str, date, Decimal, Decimal]


def differences(case: Case, story: Story, expect: Mapping | None = None) -> list[str]:
    """Everything in which the story ended otherwise than expected, in words; empty when it agrees."""
    wanted = case.expect if expect is None else expect
    found = list(story.troubles)
    found += _adjustments(wanted, story)
    for line, rows in wanted["rows"].items():
        found += _rows(case, line, rows, story)
    found += _unlisted_lines(case, wanted)
    found += _billed(wanted, story)
    found += _held(case, wanted, story)
    if Decimal(wanted["changed_amount"]) != story.changed_amount:
        found.append(f"previewed amount: {wanted['changed_amount']} expected, {story.changed_amount} found")
    return found


def _differ(what: str, wanted: object, found: object) -> list[str]:
    return [] if wanted == found else [f"{what}\n    expected {wanted}\n    found    {found}"]


def _adjustments(expect: Mapping, story: Story) -> list[str]:
    wanted = [(entry["line"], entry["date"], entry["change"]) for entry in expect["adjustments"]]
    return _differ("adjustments", wanted, accepted_in(story.after))


def _rows(case: Case, line: int, rows: Iterable[Mapping], story: Story) -> list[str]:
    """Rows that begin inside the listed span; in a period posted before the story only the listed ones count."""
    wanted: list[Row] = [(row["from"], row["to"], row["units"], Decimal(row["amount"])) for row in rows]
    first, last = wanted[0][0], wanted[-1][1]
    posted = case.posted_through.get(line, date.min)
    listed = {row[:2] for row in wanted}
    found = [
        row for row in _rows_of(story.after, line) if first <= row[0] <= last and (row[0] > posted or row[:2] in listed)
    ]
    return _differ(f"rows of line {line}", wanted, found)


def _rows_of(dump: Json, line: int) -> list[Row]:
    rows: list[Row] = [
        (
            date.fromisoformat(row["startDate"]),
            date.fromisoformat(row["endDate"]),
            row["units"],
            row["units"] * Decimal(str(row["unit_price"])),
        )
        for row in [*dump["rows"], *dump["bundle_rows"]]  # type: ignore[misc]
        if _line_of(row) == line
    ]
    return sorted(rows)


def _line_of(record: Mapping) -> int:
    """The number of the line of a service or a bundle; a case gives each line a number of its own."""
    found = record.get("contractServiceID")
    return record["contractServiceBundleID"] if found is None else found


def _unlisted_lines(case: Case, expect: Mapping) -> list[str]:
    """Every line of a case is listed; else its rows would go unseen."""
    lines = {line["id"] for contract in case.text["contracts"] for line in contract["lines"]}
    return _differ("lines listed", sorted(lines), sorted(expect["rows"]))


def _items(dump: Json) -> Mapping[int, Item]:
    found = {
        item["id"]: (
            _line_of(item),
            "proration" if any(item.get(name) is not None for name in _CHANGES) else "period",
            date.fromisoformat(item["itemDate"][:10]),
            Decimal(str(item["quantity"])),
            Decimal(str(item["totalAmount"])),
        )
        for item in dump["billing_items"]  # type: ignore[attr-defined]
    }
    return {number: item for number, item in found.items() if item[3] != 0}


def _billed(expect: Mapping, story: Story) -> list[str]:
    before, after = _items(story.before), _items(story.after)
    kept = {number: after.get(number) for number in before}
    wanted: list[Item] = sorted(
        (item["line"], item["kind"], item["date"], Decimal(item["quantity"]), Decimal(item["amount"]))
        for item in expect["billed"]
    )
    made = sorted(item for number, item in after.items() if number not in before)
    return [*_differ("items posted before the story", dict(before), kept), *_differ("items", wanted, made)]


def _held(case: Case, expect: Mapping, story: Story) -> list[str]:
    wanted = {case.line_key(entry["line"]): entry["reason"] for entry in expect["held"]}
    if wanted.keys() != story.held.keys():
        return _differ("held lines", wanted, dict(story.held))
    return [
        f"line {line}: held as {story.held[line]}, not as {word}"
        for line, word in wanted.items()
        if not set(WORDS[word]) & set(story.held[line])
    ]
