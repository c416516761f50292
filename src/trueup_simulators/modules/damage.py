"""What a fault does to an answer that was right."""

from __future__ import annotations

import copy
import re

from trueup_simulators.modules.calls import Call
from trueup_simulators.modules.faults import Fault
from trueup_simulators.modules.listing import Listing, Slice, dig, drop, put
from trueup_simulators.modules.vendor import Route, Vendor

_REFUSALS = frozenset({"too_many", "block", "expired_token", "network_rule", "status", "child_fails"})


def harms(fault: Fault, vendor: Vendor, route: Route | None, found: object) -> bool:
    """Whether the fault could change this answer; where it could not, it waits for one that it can."""
    kind = fault.kind
    if kind == "child_fails":
        return route is not None and route.child
    if kind in {"error_200", "expired_token", "html", "broken_json", "block", "too_many"}:
        return route is not None and not route.login
    if kind in _REFUSALS or kind in {"slow", "half_body", "drop"}:
        return True
    if kind == "count_as_text":
        body = found.wrap(found.page()) if isinstance(found, Listing) else found
        return as_text(body, vendor.COUNTS) != body
    return isinstance(found, Listing) and _harms_rows(kind, vendor, found)


def _harms_rows(kind: str, vendor: Vendor, listing: Listing) -> bool:
    page = listing.page()
    more = page.next_start is not None
    return {
        "missing_cursor": more and bool(listing.ways_on),
        "loop": more if listing.links or listing.cursor else page.number > 1,
        "other_host": more and listing.links,
        "filter_lost": more if listing.links else page.number > 1,
        "mixed_units": any(vendor.other_unit(copy.deepcopy(row)) for row in page.rows),
        "empty": True,
        "duplicate": bool(page.rows) and (page.number > 1 or not more),
        "null_organization": bool(page.rows and listing.organization),
    }.get(kind, False)


def damaged_page(fault: Fault, listing: Listing, page: Slice, vendor: Vendor) -> Slice:
    """Return the page as a fault about rows leaves it."""
    if fault.kind == "loop":
        if not listing.links and not listing.cursor:
            return Listing(listing.rows, start=0, size=listing.size).page()
        page.next_start = page.start
    elif fault.kind == "empty":
        return Slice([], 0, page.size, 0, None)
    elif fault.kind == "duplicate":
        page.rows.insert(0, listing.rows[page.start - 1] if page.start else page.rows[-1])
    elif fault.kind == "null_organization":
        page.rows[0] = copy.deepcopy(page.rows[0])
        for path in listing.organization:
            put(page.rows[0], path, None)
    elif fault.kind == "mixed_units":
        page.rows = copy.deepcopy(page.rows)
        changed = [row for row in page.rows[::2] if vendor.other_unit(row)]
        if not changed:
            for row in page.rows:
                vendor.other_unit(row)
    return page


def damaged_body(fault: Fault, body: object, listing: Listing | None, vendor: Vendor) -> object:
    """Return the body as a fault about its envelope leaves it."""
    if fault.kind == "missing_cursor" and listing is not None:
        for path in listing.ways_on:
            drop(body, path)
    elif fault.kind == "other_host" and listing is not None:
        for path in listing.ways_on:
            found = dig(body, path)
            if isinstance(found, str):
                put(body, path, re.sub(r"^https?://[^/]+", fault.host, found))
    elif fault.kind == "count_as_text":
        return as_text(body, vendor.COUNTS)
    elif fault.kind == "error_200":
        return vendor.error_200(fault.text or "Internal error")
    return body


def as_text(value: object, names: frozenset[str]) -> object:
    """The same value with the numbers of the named fields as text, however deep they lie."""
    if isinstance(value, list):
        return [as_text(entry, names) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: str(inner)
        if key in names and isinstance(inner, int | float) and not isinstance(inner, bool)
        else as_text(inner, names)
        for key, inner in value.items()
    }


def lose_filters(fault: Fault, call: Call, listing: Listing) -> None:
    """Make the handler, asked again, forget the filters: in the links of page 1, or on the pages that follow."""
    if fault.kind == "filter_lost":
        call.links_forget = listing.links
        call.filters_lost = not listing.links


def refusal(fault: Fault, vendor: Vendor) -> tuple[int, str, dict[str, str]] | None:
    """Return status, words and headers when the fault refuses the request."""
    wait = {} if fault.retry_after is None else {"Retry-After": str(fault.retry_after)}
    if fault.kind == "too_many":
        return 429, fault.text or "Too many requests", wait
    if fault.kind == "block":
        return 403, fault.text or "Too many requests: this address is blocked for a while", wait
    if fault.kind == "expired_token":
        vendor.expire_tokens()
        return 401, fault.text or "The token has expired", {}
    if fault.kind == "network_rule":
        return vendor.NETWORK_STATUS, fault.text or vendor.NETWORK_TEXT, {}
    if fault.kind in {"status", "child_fails"}:
        return fault.status, fault.text or "Internal error", {}
    return None
