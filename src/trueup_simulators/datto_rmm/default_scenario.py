"""The small account that a simulator serves when it is given no scenario.

Its customers are those of the Autotask simulator's default scenario; names differ by accents, legal forms and word
order, and about a third of the sites carry no Autotask company, so that matching has work to do. Every category of
ICB's billing types occurs, and one (`IoT Sensor`) that drives none.
"""

from __future__ import annotations

from trueup_simulators.datto_rmm.inventory import NOT_BILLABLE
from trueup_simulators.datto_rmm.records import NEVER_MS
from trueup_simulators.datto_rmm.scenario import DeviceSpec, Scenario, SiteSpec, UserSpec

_NETWORK = {
    "router": 1, "switch": 2, "firewall": 1, "ups": 1, "ip_phone": 2, "nas": 1, "network_appliance": 1, "san": 1,
    "network_other": 1, "datto_access_point": 2, "datto_managed_power": 1, "datto_switch": 1, "datto_continuity": 1,
}  # fmt: skip


def _site(
    name: str, company: str | None, *, exempt: int = 0, networks: tuple[int, ...] = (), **counts: int
) -> SiteSpec:
    identifier, _, psa_name = (company or "").partition(" ")
    return SiteSpec(
        name=name,
        autotask_company_id=identifier or None,
        autotask_company_name=psa_name or None,
        counts=counts,
        exempt=exempt,
        networks=list(networks),
    )


def _odd_devices() -> list[DeviceSpec]:
    return [
        DeviceSpec(hostname="OLD-LAPTOP", category="Laptop", suspended=True, online=False, last_seen=NEVER_MS),
        DeviceSpec(hostname="HALF-GONE", category="Desktop", deleted=True, online=False),
        DeviceSpec(hostname=None, category=None, type=None, device_class=None, online=None, last_seen=None),
        DeviceSpec(
            hostname="NO-BILL-BY-UDF",
            category="Desktop",
            udfs={"17": "NoBill"},
            fields={"antivirus": None, "patchManagement": None, "lastAuditDate": None},
        ),
        DeviceSpec(hostname="SPARE-SERVER", category="Server", groups=[NOT_BILLABLE]),
    ]


def _sites() -> list[SiteSpec]:
    lefevre = _site("Boulangerie Lefevre", "201 Boulangerie Lefèvre SARL", desktop=8, laptop=7, server=2)
    lefevre.devices = _odd_devices()
    northwind = _site(
        "Northwind Traders", "207 Northwind Traders Ltd", networks=(501, 502), exempt=1, desktop=24, laptop=10, server=2
    )
    northwind.variables = {"backup password": "not shown", "door code": "1234"}
    mueller = _site("Mueller Praezisionsteile", "206 Müller Präzisionsteile GmbH", desktop=4, laptop=3, server=5)
    mueller.counts |= {"esxi_host": 1, "printer": 1, "unknown": 1}
    mueller.proxy = {"host": "proxy.mueller.example", "port": 3128, "type": "http", "username": None, "password": None}
    annecy = _site("Alpin Annecy (Hotel)", "205 Hôtel Alpin Annecy", desktop=20, laptop=12)
    annecy.counts |= _NETWORK
    clinic = _site("Clinique veterinaire des Pres", "208 Clinique Vétérinaire des Prés", desktop=5, laptop=3)
    clinic.counts |= {"smartphone": 2, "tablet": 1, "iot_sensor": 2}
    return [
        lefevre,
        northwind,
        mueller,
        _site("Leeds (Northwind)", "207 Northwind Traders Ltd", laptop=4, router=1),
        annecy,
        _site("MOREAU ASSOCIES (cabinet)", None, desktop=14, laptop=12, server=3, printer=2),
        _site("Garage du Lac", "203 Garage du Lac SA", desktop=6, laptop=3),
        _site("Hôtelier Alpin, groupe", "204 Groupe Hôtelier Alpin SAS", desktop=3),
        clinic,
        _site("Roux étude notariale", None, desktop=4, laptop=2, server=1),
        _site("Gauthier Imprimerie SARL", "210 Imprimerie Gauthier", desktop=3),
        _site("Keller Transporte", "212 Transports Keller AG", laptop=2, server=7),
        _site("Librairie du Pont", None, laptop=1),
        _site("Weber Architekten Zürich", None, laptop=4, datto_access_point=1),
        SiteSpec(name="OnDemand", on_demand=True, counts={"desktop": 2, "laptop": 1}),
        SiteSpec(name="Deleted Devices", deleted_devices=True, counts={"desktop": 2, "server": 1}),
    ]


def default_scenario() -> Scenario:
    """Return the default account: 16 sites, about 220 devices, two users; the first user sees everything."""
    return Scenario(
        users=[
            UserSpec(name="Billing", api_key="RMMKEY00000000000000000000000001", api_secret="rmm-demo-secret-all"),  # noqa: S106
            UserSpec(
                name="Restricted",
                api_key="RMMKEY00000000000000000000000002",
                api_secret="rmm-demo-secret-some",  # noqa: S106
                sites=["Boulangerie Lefevre", "Northwind Traders", "Mueller Praezisionsteile"],
            ),
        ],
        sites=_sites(),
        variables={"helpdesk": "+33 1 00 00 00 00"},
    )
