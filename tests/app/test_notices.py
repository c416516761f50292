"""Who is told of what: against a real SMTP server and a real HTTP receiver."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from starlette.responses import Response
from tests.app.office import NIGHT, RMM, Office, run
from tests.modules.vendor import Vendor

from trueup.app.errors import UseCaseError
from trueup.app.notices import receivers
from trueup.app.notices.telling import send_test, tell
from trueup.app.usage import collecting
from trueup.store.notices import SENT, WAITING

SECRET = "a secret of the receiver"
NIGHTLY = timedelta(days=1)


class Mailbox:
    """Keeps what arrives."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - its name
        del server, session
        found = message_from_bytes(envelope.content or b"", policy=policy.default)
        assert isinstance(found, EmailMessage)
        self.mails.append(found)
        return "250 OK"


@pytest.fixture
def mailbox() -> Iterator[tuple[Mailbox, str]]:
    box = Mailbox()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    yield box, str(port)
    server.stop()


def mailed(office: Office, port: str, **more: object) -> None:
    settings = {"to": "ops@example.org", "from": "trueup@example.org", "host": "127.0.0.1", "port": port, "tls": "none"}
    run(receivers.add_receiver(office.ws, "ops", "email", settings, {}, language="fr", **more))  # type: ignore[arg-type]


def hooked(office: Office, url: str, name: str = "hook") -> None:
    run(receivers.add_receiver(office.ws, name, "webhook", {"url": url}, {"secret": SECRET}))


def blocked(office: Office, after: timedelta) -> None:
    office.order(office.datto.url, "switches", {"allowed_networks": ["203.0.113.0/24"], "network_rule_on_calls": True})
    office.clock.put(NIGHT + after)
    run(collecting.collect(office.ws))


def mended(office: Office, after: timedelta) -> None:
    office.order(office.datto.url, "switches", {"allowed_networks": [], "network_rule_on_calls": False})
    office.clock.put(NIGHT + after)
    run(collecting.collect(office.ws))


def test_a_block_is_told_once_when_it_begins_and_once_when_it_is_over_in_the_receivers_language(
    own: Office, mailbox: tuple[Mailbox, str]
) -> None:
    box, port = mailbox
    mailed(own, port)
    for number in range(1, 3):
        blocked(own, number * NIGHTLY)
        run(tell(own.ws))
    mended(own, 3 * NIGHTLY)
    run(tell(own.ws))
    run(tell(own.ws))
    titles = [str(one["Subject"]) for one in box.mails]
    assert [title.startswith(("default : rmm est bloqué", "default : terminé")) for title in titles] == [True, True]
    assert "terminé" in titles[1]
    (notice,) = own.ws.store.notices.list()
    assert (notice.kind, notice.subject) == ("module_blocked", RMM)
    assert notice.closed_at == own.clock.now()
    assert [one.state for one in own.ws.store.notices.messages()] == [SENT, SENT]


def test_a_webhook_is_signed_over_its_time_and_body_and_holds_no_secret(own: Office) -> None:
    with Vendor(lambda _: {}) as hook:
        hooked(own, hook.url)
        blocked(own, NIGHTLY)
        run(tell(own.ws))
        ((method, _, _, headers, body),) = hook.log
    signed = headers["trueup-timestamp"].encode() + b"." + body
    assert headers["trueup-signature"] == "v1=" + hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest()
    told = json.loads(body)
    assert (method, told["event"], told["kind"], told["code"]) == (
        "POST", "opened", "module_blocked", "notice.module_blocked",
    )  # fmt: skip
    for secret in (SECRET, *own.datto.credentials.values()):
        assert secret.encode() not in body


def test_a_receiver_that_answers_500_stops_nothing_and_is_told_later(own: Office, mailbox: tuple[Mailbox, str]) -> None:
    box, port = mailbox
    answers = [500, 500, 500, 200]
    with Vendor(lambda _: Response(status_code=answers.pop(0))) as hook:
        hooked(own, hook.url)
        mailed(own, port)
        blocked(own, NIGHTLY)
        run(tell(own.ws))
        assert len(box.mails) == 1
        (late,) = own.ws.store.notices.messages(state=WAITING)
        assert late.failure is not None
        assert (late.failure.code, late.failure.get("status"), late.tries) == ("notify.refused", 500, 1)
        own.clock.put(own.clock.now() + timedelta(minutes=6))
        run(tell(own.ws))
        assert own.ws.store.notices.messages(state=WAITING) == ()
        assert len(box.mails) == 1


def test_a_test_says_whether_it_arrived(office: Office) -> None:
    with Vendor(lambda _: Response(status_code=410)) as hook:
        hooked(office, hook.url)
        failure = run(send_test(office.ws, "hook"))
        assert failure is not None
        assert (failure.code, failure.get("status"), len(hook.log)) == ("notify.refused", 410, 1)


def test_who_wants_only_some_notices_gets_only_those(own: Office, mailbox: tuple[Mailbox, str]) -> None:
    box, port = mailbox
    mailed(own, port, only=("catch_up",))
    blocked(own, NIGHTLY)
    run(tell(own.ws))
    assert box.mails == []


@pytest.mark.parametrize(
    ("kind", "settings", "secret", "code"),
    [
        ("pigeon", {}, {}, "notify.unknown_kind"),
        ("webhook", {"url": "http://example.org/hook"}, {"secret": "x"}, "notify.not_encrypted"),
        ("webhook", {"url": "https://example.org/hook"}, {}, "notify.missing"),
        ("email", {"to": "a@b.c", "from": "d@e.f", "host": "m.org", "tls": "none"}, {}, "notify.not_encrypted"),
        ("email", {"to": "a@b.c\r\nBcc: x@y.z", "from": "d@e.f", "host": "localhost"}, {}, "notify.setting_value"),
        ("chat", {}, {"address": "no such tool"}, "notify.chat_address"),
    ],
)  # fmt: skip
def test_a_receiver_that_cannot_be_used_is_refused(
    office: Office, kind: str, settings: dict[str, str], secret: dict[str, str], code: str
) -> None:
    with pytest.raises(UseCaseError) as refused:
        run(receivers.add_receiver(office.ws, "x", kind, settings, secret))
    assert refused.value.reason.code == code
    assert office.ws.store.receivers.list() == ()
