"""One page answers why a line has so many units: over HTTP, with two days."""

from __future__ import annotations

import html
import json
import re
from datetime import timedelta

from tests.app.office import DAY, NIGHT, Office
from tests.app.test_line_history import LEEDS, LINE, RULE, devices, laptop, planned
from tests.web.office_window import window_of

from trueup.app.mapping import customers
from trueup.app.rulebook import rules
from trueup.core.roles import Role

NEXT = DAY + timedelta(days=1)


def test_the_page_names_what_came_and_what_left_with_dates_and_draws_it(own_office: Office) -> None:
    own_office.do(customers.accept_above, 92)
    own_office.do(rules.set_rule, RULE)
    planned(own_office)
    devices(own_office, delete=["LEEDSNOR-NB001"], add=[laptop("NORTH-NEW-1"), laptop("NORTH-NEW-2")])
    own_office.clock.put(NIGHT + timedelta(days=1))
    own_office.collect()
    with window_of(own_office, Role.VIEWER) as window:
        found = window.get(f"/t/default/plan/line/{LINE}/why", **{"from": str(DAY), "to": str(NEXT)})
        assert found.status_code == 200
        text = html.unescape(found.text)
        assert "Counted: 40 instead of 39" in text
        for name in ("NORTH-NEW-1", "NORTH-NEW-2", "LEEDSNOR-NB001", LEEDS):
            assert name in text
        drawn = re.search(r'id="picture-data">(.*?)</script>', found.text, re.DOTALL)
        assert drawn is not None
        picture = json.loads(drawn.group(1))
        assert [point[1] for point in picture["counts"]] == ["39", "39", "40", "40"]
        assert [mark["day"] for mark in picture["marks"]] == [str(NEXT)]
        refused = window.get(f"/t/default/plan/line/{LINE}/why", **{"from": str(NEXT), "to": str(DAY)})
        assert refused.status_code == 400
        assert 'role="alert"' in refused.text
        assert f'value="{NEXT}"' in refused.text
        answer = window.get(f"/api/v1/lines/{LINE}/history", **{"from": str(DAY), "to": str(NEXT)})
        assert (answer.status_code, answer.json()["count_now"]) == (200, "40")
