"""Where calls may go: the vendor's hosts, the login's host, and nowhere that an answer made up."""

from __future__ import annotations

import pytest

from trueup.modules.catalogue_files import load_catalogue
from trueup.modules.catalogue_schema import CatalogueFile
from trueup.modules.failures import SourceError
from trueup.modules.prepared import PreparedModule


def prepared(kind: str, **settings: str) -> PreparedModule:
    file = load_catalogue(kind)
    assert isinstance(file, CatalogueFile)
    return PreparedModule(file, settings, {"client_id": "a-client", "client_secret": "never in an address"})


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "duosecurity.com.evil.example",
        "evilduosecurity.com",
        "evil.example/.duosecurity.com",
        "a@evil.example:443#.duosecurity.com",
        "",
    ],
)
def test_a_host_that_is_not_the_vendors_gets_no_call(host: str) -> None:
    duo = prepared("duo_msp", api_host="api-1.duosecurity.com")
    with pytest.raises(SourceError) as raised:
        duo.origin_of(duo.file.streams["summary"], {"host": host})
    assert raised.value.reason.code == "module.next_page_elsewhere"


def test_a_child_is_asked_on_its_own_host_unless_the_connection_has_an_address() -> None:
    duo = prepared("duo_msp", api_host="api-1.duosecurity.com")
    assert duo.origin_of(duo.file.streams["summary"], {"host": "api-2.duosecurity.com"}) == (
        "https://api-2.duosecurity.com"
    )
    here = prepared("duo_msp", base_url="http://127.0.0.1:9")
    assert here.origin_of(here.file.streams["summary"], {"host": "api-2.duosecurity.com"}) is None


def test_an_account_on_this_machine_is_logged_in_to_on_this_machine() -> None:
    assert prepared("sophos_partner").addresses["login_url"] == "https://id.sophos.com"
    local = prepared("sophos_partner", base_url="http://127.0.0.1:9")
    assert local.addresses["login_url"] == "http://127.0.0.1:9"
    proxied = prepared("sophos_partner", base_url="https://proxy.example", login_url="https://login.example")
    assert proxied.addresses["login_url"] == "https://login.example"


def test_a_login_address_is_refused_where_there_is_none_and_where_it_is_not_encrypted() -> None:
    with pytest.raises(SourceError):
        prepared("huntress", login_url="https://id.example")
    with pytest.raises(SourceError):
        prepared("sophos_partner", login_url="http://id.example")


def test_only_a_public_name_stands_in_addresses_never_a_secret() -> None:
    addresses = prepared("acronis", datacentre="eu2-cloud.acronis.com").addresses
    assert addresses["client_id"] == "a-client"
    assert "client_secret" not in addresses
