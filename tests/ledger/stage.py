"""Both ends of the way on real ports, and Trueup between them on a real database: what a whole run needs.

The RMM's simulator shows what a day says, the PSA's simulator is the judge: its log of accepted adjustments and its
dump decide what happened, never what Trueup believes about itself.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from time import sleep as wait

import httpx2
from tests.loopback import NO_TLS
from tests.places import place_for

from trueup.app.clock import FixedClock
from trueup.app.connections.connecting import Accounts
from trueup.app.workspace import Workspace, create_workspace, open_workspace
from trueup.core.rule import Mode
from trueup.core.settings import TenantSettings
from trueup.modules.limits import Pace
from trueup.store.secrets import Key
from trueup_simulators import autotask, datto_rmm

DAY = timedelta(days=1)
RMM, PSA = "rmm", "psa"
STORE, KEY_FILE = "trueup.db", "trueup.key"
BILLING_CODE = 2001
CATEGORIES = {
    "desktop": "Desktop",
    "laptop": "Laptop",
    "server": "Server",
    "printer": "Printer",
    "esxi_host": "ESXi Host",
}
PERIOD_TYPES = {"monthly": 2, "quarterly": 3, "semi_annual": 4, "yearly": 5}
"""Autotask's numbers of contract period types (picklist of `Contracts.contractPeriodType`)."""
_NAMESPACE = uuid.UUID("0f6e2c9a-4b1d-4a57-9d0e-6c1b7f6f4f10")

Json = dict[str, object]
Counts = Mapping[str, int]
"""Devices by billing type; `exempt` is kept apart."""


@dataclass(frozen=True)
class Site:
    """What a site shows on one day: devices by billing type, and how many of each are in the group `_NotBillable_`."""

    devices: Counts = field(default_factory=dict)
    exempt: Counts = field(default_factory=dict)


def uid_of(*parts: str) -> str:
    """The identity of a site or device, the same each time that it appears."""
    return str(uuid.uuid5(_NAMESPACE, "/".join(parts)))


def night_of(day: date) -> datetime:
    """The moment of the run that follows the close of a usage day."""
    return datetime.combine(day + DAY, time(1, 0), UTC)


class _Control:
    """The control plane of a simulator."""

    def __init__(self, url: str) -> None:
        self._client = httpx2.Client(base_url=url + "/_simulator", trust_env=False, verify=NO_TLS, timeout=30)

    def get(self, name: str) -> Json:
        found: Json = self._client.get(f"/{name}").raise_for_status().json()
        return found

    def post(self, name: str, body: object) -> Json:
        answer = self._client.post(f"/{name}", json=body)
        assert answer.status_code == 200, f"the simulator refused {name}: {answer.text}"
        found: Json = answer.json()
        return found

    def delete(self, name: str) -> None:
        self._client.delete(f"/{name}").raise_for_status()

    def close(self) -> None:
        self._client.close()


class Rmm:
    """The RMM's simulator, showing one day after the other; devices keep their identity from day to day."""

    def __init__(self) -> None:
        users = [{"name": "billing", "api_key": "KEY", "api_secret": "a-secret-of-the-tests"}]
        self.sim = datto_rmm.start({"users": users, "switches": {"rate_limits": False}})
        self.control = _Control(self.sim.url)
        self._shown: dict[str, dict[str, bool]] = {}

    def show(self, sites: Mapping[str, Site]) -> None:
        """Make the account hold exactly these sites and devices. A smaller count removes the newest devices."""
        gone, new = sorted(self._shown.keys() - sites.keys()), sorted(sites.keys() - self._shown.keys())
        if gone or new:
            added = [{"name": name, "uid": uid_of(name)} for name in new]
            self.control.post("sites", {"add": added, "remove": [uid_of(name) for name in gone]})
        for name in gone:
            del self._shown[name]
        changes: dict[str, list[object]] = {"add": [], "exempt": [], "bill": [], "remove": []}
        for name, site in sites.items():
            self._change(name, site, self._shown.setdefault(name, {}), changes)
        if any(changes.values()):
            self.control.post("devices", changes)

    def _change(self, name: str, site: Site, shown: dict[str, bool], changes: dict[str, list[object]]) -> None:
        wanted = {
            f"{kind}-{number}": (kind, number <= site.exempt.get(kind, 0))
            for kind, count in site.devices.items()
            for number in range(1, count + 1)
        }
        for device in sorted(shown.keys() - wanted.keys()):
            changes["remove"].append(uid_of(name, device))
            del shown[device]
        for device, (kind, exempt) in wanted.items():
            uid = uid_of(name, device)
            if device not in shown:
                groups = ["_NotBillable_"] if exempt else []
                spec = {"site": uid_of(name), "uid": uid, "hostname": device, "category": CATEGORIES[kind]}
                changes["add"].append({**spec, "groups": groups})
            elif shown[device] != exempt:
                changes["exempt" if exempt else "bill"].append(uid)
            shown[device] = exempt

    def fault(self, kind: str, **more: object) -> None:
        self.control.post("faults", {"kind": kind, **more})

    def fail(self) -> None:
        """Answer nothing but errors until `heal`."""
        self.fault("status", status=500, path="/v2/*", times=0)

    def heal(self) -> None:
        """Take all faults back; a call that one of them holds up goes on."""
        self.control.delete("faults")

    def close(self) -> None:
        self.heal()
        self.control.close()
        self.sim.stop()


class Psa:
    """The PSA's simulator and what may be ordered of it."""

    def __init__(self, today: date, content: Mapping[str, object]) -> None:
        common: Json = {
            "today": today.isoformat(),
            "integration_codes": ["CODEOFTHETESTS"],
            "users": [{"user_name": "api@msp.example", "secret": "a-secret-of-the-tests"}],
            "currencies": {"1": 1},
            "billing_codes": [{"id": BILLING_CODE, "name": "Recurring Services", "useType": 5}],
        }
        self.sim = autotask.start(autotask.Scenario({**common, **content}))  # type: ignore[dict-item]
        self.control = _Control(self.sim.url)

    def fault(self, kind: str, **more: object) -> None:
        """Order a fault; without `path` it strikes the sending of adjustments."""
        aimed = {} if {"path", "entity", "action"} & more.keys() else {"path": "Adjustments", "method": "POST"}
        self.control.post("faults", {"kind": kind, **aimed, **more})

    def heal(self) -> None:
        """Take all faults back; a call that one of them holds up goes on."""
        self.control.delete("faults")

    def arrived(self) -> bool:
        """Whether the fault that was ordered last has met its call."""
        return self.control.get("faults")["faults"][-1]["hits"] > 0  # type: ignore[index]

    def let_in(self, count: int) -> None:
        """Let the calls go that are held up, and wait until so many adjustments are accepted."""
        self.heal()
        while len(self.accepted()) < count:
            wait(0.01)

    def switch(self, **switches: object) -> None:
        self.control.post("switches", switches)

    def order(self, name: str, **body: object) -> Json:
        return self.control.post(name, body)

    def edit(self, line: int, day: date, change: int) -> None:
        """A person changes units in the PSA."""
        self.order("edit-units", line=line, day=day.isoformat(), units=change)

    def put_clock(self, today: date) -> None:
        self.order("clock", today=today.isoformat())

    def post_through(self, day: date) -> None:
        self.order("approve-and-post", through=day.isoformat())

    def dump(self) -> Json:
        return self.control.get("state")

    def accepted(self) -> list[tuple[int, date, int]]:
        """Adjustments of ours that the simulator accepted, in order: line, day, change."""
        return accepted_in(self.control.get("adjustments"))

    def sends(self) -> int:
        """Calls so far that asked for an adjustment, whatever became of them."""
        counters: dict[str, int] = self.control.get("calls")["counters"]  # type: ignore[assignment]
        return sum(count for name, count in counters.items() if "Adjustments POST" in name)

    def units(self, line: int, day: date) -> int | None:
        """What the simulator itself says about a line on a day; the row that starts last counts."""
        rows = [
            row
            for row in self.dump()["rows"]  # type: ignore[attr-defined]
            if row["contractServiceID"] == line and row["startDate"] <= day.isoformat() <= row["endDate"]
        ]
        return max(rows, key=lambda row: row["startDate"])["units"] if rows else None

    def close(self) -> None:
        self.heal()
        self.control.close()
        self.sim.stop()


def accepted_in(dump: Json) -> list[tuple[int, date, int]]:
    """The adjustments of the API user in a dump, in the order of acceptance."""
    log: list[Json] = dump["adjustments"]  # type: ignore[assignment]
    return [
        (int(str(entry["line"])), date.fromisoformat(str(entry["effective_date"])), int(str(entry["unit_change"])))
        for entry in log
        if entry["by"] == "api"
    ]


class Stage:
    """Both simulators, a database, and a clock that is put from night to night."""

    def __init__(
        self,
        folder: Path,
        today: date,
        content: Mapping[str, object],
        settings: TenantSettings,
        psa_settings: Mapping[str, str],
        where: str,
    ) -> None:
        self.rmm = Rmm()
        self.psa = Psa(today, content)
        self.clock = FixedClock(night_of(today))
        self.accounts = Accounts(pace=Pace(scale=0))
        self.where = where
        self.key_file = folder / KEY_FILE
        self.key = Key.create_file(self.key_file)
        with create_workspace(
            self.where, self.key, settings, clock=self.clock, actor="tests", accounts=self.accounts
        ) as ws:
            self._connect(ws, psa_settings)

    def _connect(self, ws: Workspace, psa_settings: Mapping[str, str]) -> None:
        add = ws.store.connections.add
        psa = {"zone_lookup_url": self.psa.sim.url, "adjustment_gap_seconds": "0", **psa_settings}
        add(PSA, "psa", "autotask", psa, dict(self.psa.sim.credentials), "tests", now=ws.now())
        rmm = {"base_url": self.rmm.sim.url, "platform": "merlot"}
        add(RMM, "module", "datto_rmm", rmm, dict(self.rmm.sim.credentials), "tests", now=ws.now())

    @contextmanager
    def open(self, actor: str = "tests") -> Iterator[Workspace]:
        """Trueup at work on the database, as a new process would open it."""
        with open_workspace(self.where, self.key, clock=self.clock, actor=actor, accounts=self.accounts) as ws:
            yield ws

    def close(self) -> None:
        self.rmm.close()
        self.psa.close()


@contextmanager
def staged(
    folder: Path,
    today: date,
    content: Mapping[str, object],
    settings: TenantSettings | None = None,
    psa_settings: Mapping[str, str] | None = None,
    where: str | None = None,
) -> Iterator[Stage]:
    """A stage that is taken down again; its store is a file of the folder, or the database of an address."""
    with nullcontext(where) if where is not None else place_for(folder / STORE) as place:
        stage = Stage(folder, today, content, settings or TenantSettings(mode=Mode.MANUAL), psa_settings or {}, place)
        try:
            yield stage
        finally:
            stage.close()
