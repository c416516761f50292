"""What a fault does to an answer that was right."""

from __future__ import annotations

import re

from msgspec.json import decode, encode

from trueup_simulators.datto_rmm.answers import Answer, Page, Refusal
from trueup_simulators.datto_rmm.faults import KINDS, Fault
from trueup_simulators.datto_rmm.inventory import NOT_BILLABLE
from trueup_simulators.datto_rmm.listing import Asked, devices_asked
from trueup_simulators.datto_rmm.scenario import ScenarioError, read_as
from trueup_simulators.datto_rmm.state import State

_HTML = b"<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>Bad Gateway</h1></body></html>"


def _page_link(url: object, page: int, origin: str | None = None) -> object:
    if not isinstance(url, str) or not url:
        return url
    moved = re.sub(r"([?&]page=)\d+", rf"\g<1>{page}", url)
    return moved if origin is None else re.sub(r"^https?://[^/]+", origin, moved)


def damaged_page(fault: Fault, page: Page, asked: Asked, state: State) -> Page:
    """Return the page as the fault leaves it; faults that are not about pages change nothing."""
    details = page.details
    if fault.kind == "missing_page_details":
        page.details = None
    if details is None:
        return page
    following = details["nextPageUrl"]
    here = asked.number("page", state.switches.first_page)
    if fault.kind == "missing_next_url":
        page.details = {key: value for key, value in details.items() if key != "nextPageUrl"}
    elif fault.kind == "early_end":
        details["nextPageUrl"] = None
    elif fault.kind == "loop":
        details["nextPageUrl"] = _page_link(following, here)
    elif fault.kind == "loop_to_first":
        details["nextPageUrl"] = _page_link(following, state.switches.first_page)
    elif fault.kind == "other_host":
        details["nextPageUrl"] = _page_link(following, here + 1, fault.host)
    elif fault.kind == "total_off":
        total = details["totalCount"]
        details["totalCount"] = (total if isinstance(total, int) else 0) + fault.by
    elif fault.kind == "empty":
        page.rows = b""
        page.details = {"count": 0, "totalCount": 0, "prevPageUrl": None, "nextPageUrl": None}
    elif fault.kind == "no_not_billable" and page.name == "filters":
        rows = decode(b"[" + page.rows + b"]", type=list[dict[str, object]])
        kept = [row for row in rows if row["name"] != NOT_BILLABLE]
        page.rows = encode(kept)[1:-1]
        details["count"] = len(kept)
        total = details["totalCount"]
        details["totalCount"] = (total if isinstance(total, int) else 0) - (len(rows) - len(kept))
    return page


def damaged_answer(fault: Fault, answer: Answer, path: str, now_ms: int) -> Answer:
    """Return the finished answer as the fault leaves it; `slow`, `drop` and `half_body` happen on the wire."""
    if fault.kind == "status":
        if fault.status >= 500 and fault.status != 500:  # a gateway in front answers, not the application
            return Answer(fault.status, (fault.text or "upstream error").encode(), {"content-type": "text/plain"})
        return Refusal(fault.status, fault.text).answer(path, now_ms)
    if fault.kind == "html":
        return Answer(200, _HTML, {"content-type": "text/html"})
    if fault.kind == "broken_json":
        return Answer(200, answer.body[: max(1, len(answer.body) - 12)], answer.headers)
    if fault.kind == "error_body_200":
        body = Refusal(500, fault.text or "Internal error").answer(path, now_ms).body
        return Answer(200, body, answer.headers)
    return answer


def change_between_pages(fault: Fault, page: Page | None, asked: Asked | None, state: State) -> None:
    """Do what the fault lets happen after the answer: the next page is read from a changed list.

    `device_moves` exchanges the page's last device with the first of the next page: the walk sees the one twice
    and the other never, and the total stays.
    """
    if fault.kind == "then_change" and fault.change is not None:
        fault.change.apply(state.inventory)
    if fault.kind != "device_moves" or page is None or asked is None or page.name != "devices":
        return
    match = re.fullmatch(r"/api/v\d/site/([^/]+)/devices", asked.path)
    _, devices = devices_asked(state, asked, match.group(1) if match else None)
    if page.last < len(devices):
        state.inventory.swap(devices[page.last - 1].uid, devices[page.last].uid)


def read_faults(value: object) -> list[Fault]:
    """Read one fault or a list of them; raise `ScenarioError` with what is known."""
    entries: list[object] = value if isinstance(value, list) else [value]
    for entry in entries:
        if isinstance(entry, dict) and entry.get("kind") not in KINDS:
            raise ScenarioError(f"fault: unknown kind {entry.get('kind')!r}; known here: {', '.join(KINDS)}")
    return [read_as(entry, Fault, "fault") for entry in entries]
