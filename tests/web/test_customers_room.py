"""The room of customers over HTTP: every form works without script, and a refused one keeps what was typed."""

from __future__ import annotations

import html
import re

from tests.app.office import RMM, Office
from tests.web.office_window import Window, window_of

from trueup.core.roles import Role

ROOM = "/t/default/customers"
GARAGE = "Garage du Lac"


def owners(window: Window, name: str = GARAGE) -> list[str | None]:
    key = window.office.site(name)
    return [one.customer_id for one in window.office.ws.store.customers.mappings() if one.organization_key == key]


def place(window: Window, name: str = GARAGE) -> dict[str, str]:
    return {"connection": RMM, "key": window.office.site(name)}


def test_a_suggestion_is_accepted_by_its_row_and_undone_by_the_notice(window: Window) -> None:
    page = window.get(ROOM).text
    row = next(part for part in page.split("<tr ") if GARAGE in part and 'name="customer"' in part)
    form = dict(re.findall(r'name="(connection|key|version|customer)" value="([^"]*)"', row))
    answer = window.post(f"{ROOM}/map", **form)
    assert answer.status_code == 200
    assert owners(window) == [form["customer"]]
    version = re.findall(r'name="version" value="([^"]*)"', answer.text)[0]
    assert window.post(f"{ROOM}/undo", **place(window), version=version).status_code == 200
    assert owners(window) == []


def test_a_page_that_is_no_longer_true_is_refused_with_what_holds_now(window: Window) -> None:
    version = re.findall(r'name="version" value="([^"]*)"', window.get(f"{ROOM}/organization", **place(window)).text)[0]
    window.post(f"{ROOM}/map", **place(window), customer="203", version=version)
    late = window.post(f"{ROOM}/map", **place(window), customer="207", version=version)
    assert late.status_code == 412
    assert "was decided meanwhile by Ada: it is mapped" in late.text
    assert owners(window) == ["203"]


def test_leaving_out_without_a_reason_is_refused_next_to_the_field(window: Window) -> None:
    answer = window.post(f"{ROOM}/ignore", **place(window), reason=" ", back="organization")
    assert answer.status_code == 422
    assert re.search(r'id="reason"[^>]*aria-invalid="true"', answer.text)
    assert owners(window) == []


def test_a_share_with_a_fault_shows_it_at_the_character_and_keeps_what_was_typed(window: Window) -> None:
    text = 'starts_with(hostnam, "MOR")'
    answer = window.post(f"{ROOM}/map", **place(window), customer="203", items=text)
    assert answer.status_code == 422
    assert "At character 13:" in answer.text
    assert "<mark>hostnam</mark>" in answer.text
    assert "starts_with(hostnam, &#34;MOR&#34;)</textarea>" in answer.text
    assert owners(window) == []


def test_a_shared_organization_shows_each_part_in_both_views(window: Window) -> None:
    for customer, letter in (("203", "G"), ("207", "N")):
        filtered = f'starts_with(hostname, "{letter}")'
        assert window.post(f"{ROOM}/map", **place(window), customer=customer, items=filtered).status_code == 200
    assert sorted(owners(window), key=str) == ["203", "207"]
    assert window.get(ROOM, q=GARAGE).text.count("part of it") == 2
    assert window.get(f"{ROOM}/by-customer").text.count("part of it") == 2


def test_bulk_acceptance_is_taken_back_as_a_whole(window: Window) -> None:
    answer = window.post(f"{ROOM}/accept", score="100")
    assert "9 organizations were mapped." in answer.text
    places = [html.unescape(one) for one in re.findall(r'name="place" value="([^"]*)"', answer.text)]
    undone = window.post(f"{ROOM}/undo-all", place=places)
    assert "9 decisions were taken back." in undone.text
    assert window.office.ws.store.customers.mappings() == ()


def test_a_customer_gets_an_organization_and_is_taken_on_until_a_day(window: Window) -> None:
    window.get(ROOM)
    mapped = window.post(f"{ROOM}/map-here", connection=RMM, customer="203", chosen=window.office.site(GARAGE))
    assert mapped.status_code == 200
    assert owners(window) == ["203"]
    wrong = window.post(f"{ROOM}/onboarding", customer="203", until="soon")
    assert (wrong.status_code, 'value="soon"' in wrong.text) == (422, True)
    assert window.post(f"{ROOM}/onboarding", customer="203", until="2026-08-01").status_code == 200
    assert "1 Aug 2026" in window.get(f"{ROOM}/by-customer", q="garage").text
    assert window.post(f"{ROOM}/onboarding", customer="203", end="yes").status_code == 200
    assert window.office.ws.store.settings.get().onboarding == ()


def test_names_are_found_while_typing(window: Window) -> None:
    window.get(ROOM)
    assert "Northwind" in window.get(f"{ROOM}/picks", pick="north").text
    assert "No active customer" in window.get(f"{ROOM}/picks", pick="no such").text


def test_somebody_who_only_looks_sees_no_buttons_and_changes_nothing(office: Office) -> None:
    with window_of(office, Role.VIEWER) as window:
        assert "data-row-act" not in window.get(ROOM).text
        assert window.post(f"{ROOM}/map", **place(window), customer="203").status_code == 403
        assert owners(window) == []


def test_french_pages_speak_french(window: Window) -> None:
    answer = window.http.get(ROOM, headers={"Accept-Language": "fr"})
    assert "organisations attendent un client" in answer.text
