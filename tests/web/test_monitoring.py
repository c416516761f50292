"""What a load balancer and a Prometheus server ask."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest
from tests.places import ask
from tests.web.house import NOON, House, house, run

from trueup.app.monitoring.figures import Gauge
from trueup.app.monitoring.health import health_of
from trueup.app.people.tokens import Scope, make_token
from trueup.core.contract import PsaSnapshot
from trueup.core.reason import Reason
from trueup.core.roles import Role
from trueup.core.usage import Failure, FailureCategory
from trueup.store.connections import ConnectionState
from trueup.store.database import Database
from trueup.store.secrets import Key
from trueup.web.monitoring.routes import exposed


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("monitoring")) as found, httpx2.Client(base_url=found.url) as client:
        found.client = client
        yield found


def test_a_token_reads_how_fresh_each_module_of_its_tenant_is_and_nothing_of_others(office: House) -> None:
    store = office.installation.database.tenant("default")
    for name, tenant in (("rmm", store), ("theirs", office.installation.database.tenant("other"))):
        tenant.connections.add(name, "module", "datto_rmm", {}, {}, "tests", now=NOON)
    failure = Failure(FailureCategory.CREDENTIALS, Reason.of("module.credentials"))
    store.connections.set_state("rmm", ConnectionState(NOON - timedelta(hours=7), NOON.date(), failure, NOON))
    store.psa.save_snapshot(PsaSnapshot(NOON - timedelta(hours=1), NOON.date(), NOON.date(), calls_left=4321))
    ada = office.person("Ada", Role.VIEWER)
    token = run(make_token(office.installation, "default", "prometheus", Scope.READ, 30, "Ada", ada.id)).text
    answer = office.client.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.text.splitlines() == [
        "# TYPE trueup_module_age_seconds gauge",
        'trueup_module_age_seconds{tenant="default",connection="rmm",kind="datto_rmm"} 25200',
        "# TYPE trueup_module_failing gauge",
        'trueup_module_failing{tenant="default",connection="rmm",kind="datto_rmm",category="credentials"} 1',
        "# TYPE trueup_lines_held gauge",
        'trueup_lines_held{tenant="default"} 0',
        "# TYPE trueup_adjustments_unsettled gauge",
        'trueup_adjustments_unsettled{tenant="default"} 0',
        "# TYPE trueup_psa_calls_left gauge",
        'trueup_psa_calls_left{tenant="default"} 4321',
        "# TYPE trueup_psa_age_seconds gauge",
        'trueup_psa_age_seconds{tenant="default"} 3600',
    ]


def test_a_name_cannot_break_out_of_its_label() -> None:
    told = exposed([Gauge("module_failing", 1, {"connection": 'x"} 9\ntrueup_lines_held{a="\\'})], "default")
    assert len(told.splitlines()) == 2
    assert r'connection="x\"} 9\ntrueup_lines_held{a=\"\\"' in told


def test_it_is_ready_while_store_schema_and_key_are_there(office: House) -> None:
    assert office.client.get("/health/live").json() == {"status": "ok"}
    answer = office.client.get("/health/ready")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "ok", "store": "ok", "schema": "ok", "key": "ok"},
    )


def test_it_is_not_ready_with_another_key_after_an_upgrade_by_others_or_without_its_store(tmp_path: Path) -> None:
    with house(tmp_path) as office:
        office.installation.database.tenant("default").connections.add(
            "psa", "psa", "autotask", {}, {"secret": "s"}, "tests", now=NOON
        )
        with Database.open(office.where, Key.generate()) as database:
            assert (health_of(database).schema, health_of(database).key) == (True, False)
        with Database.open(office.where) as database:
            assert not health_of(database).key
            ask(office.where, "UPDATE alembic_version SET version_num = '9999'")
            assert (health_of(database).store, health_of(database).schema) == (True, False)
            ask(office.where, "DROP TABLE alembic_version")
            assert not health_of(database).is_ready
