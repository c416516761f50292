"""Who is told of what: against a real SMTP server and a real HTTP receiver."""

from __future__ import annotations

import hashlib
import hmac
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
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
    said = receivers.ReceiverChoices("ops", settings, "fr", **more)  # type: ignore[arg-type]
    run(receivers.add_receiver(office.ws, "email", said, {}))


def hooked(office: Office, url: str, name: str = "hook") -> None:
    said = receivers.ReceiverChoices(name, {"url": url})
    run(receivers.add_receiver(office.ws, "webhook", said, {"secret": SECRET}))


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
        failure = run(send_test(office.ws, office.ws.store.receivers.named("hook").id))
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
        ("webhook", {}, {}, "notify.missing"),
        ("email", {"to": "a@b.c", "from": "d@e.f", "host": "m.org", "user": "d"}, {}, "notify.missing"),
        ("email", {"to": "a@b.c", "from": "d@e.f", "host": "m.org", "tls": "none"}, {}, "notify.not_encrypted"),
        ("email", {"to": "a@b.c\r\nBcc: x@y.z", "from": "d@e.f", "host": "localhost"}, {}, "notify.setting_value"),
        ("chat", {}, {"address": "no such tool"}, "notify.chat_address"),
    ],
)  # fmt: skip
def test_a_receiver_that_cannot_be_used_is_refused(
    office: Office, kind: str, settings: dict[str, str], secret: dict[str, str], code: str
) -> None:
    with pytest.raises(UseCaseError) as refused:
        run(receivers.add_receiver(office.ws, kind, receivers.ReceiverChoices("x", settings), secret))
    assert refused.value.reason.code == code
    assert office.ws.store.receivers.list() == ()


def test_a_webhook_gets_a_secret_of_its_own_that_is_told_once_and_renewed(own: Office) -> None:
    with Vendor(lambda _: {}) as hook:
        added = run(receivers.add_receiver(own.ws, "webhook", receivers.ReceiverChoices("hook", {"url": hook.url}), {}))
        run(send_test(own.ws, added.receiver.id))
        renewed = run(receivers.renew_secret(own.ws, added.receiver.id))
        run(send_test(own.ws, added.receiver.id))
        calls = list(hook.log)
    assert added.secret is not None
    assert added.secret != renewed
    for secret, (_, _, _, headers, body) in zip((added.secret, renewed), calls, strict=True):
        signed = headers["trueup-timestamp"].encode() + b"." + body
        assert headers["trueup-signature"] == "v1=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()


def test_who_is_switched_off_hears_nothing_and_once_on_again_what_is_still_open(
    own: Office, mailbox: tuple[Mailbox, str]
) -> None:
    box, port = mailbox
    mailed(own, port)
    number = own.ws.store.receivers.named("ops").id
    run(receivers.switch_receiver(own.ws, number, on=False))
    blocked(own, NIGHTLY)
    run(tell(own.ws))
    assert box.mails == []
    run(receivers.switch_receiver(own.ws, number, on=True))
    run(tell(own.ws))
    run(tell(own.ws))
    assert len(box.mails) == 1


def test_a_password_that_is_kept_never_goes_to_another_mail_server(own: Office) -> None:
    settings = {"to": "a@b.c", "from": "d@e.f", "host": "mail.example.org", "user": "d"}
    said = receivers.ReceiverChoices("ops", settings)
    number = run(receivers.add_receiver(own.ws, "email", said, {"password": "of mail.example.org"})).receiver.id
    run(receivers.change_receiver(own.ws, number, replace(said, language="fr", settings={**settings, "to": "x@b.c"})))
    assert own.ws.store.receivers.secret(number) == {"password": "of mail.example.org"}
    moved = replace(said, settings={**settings, "host": "mail.example.com"})
    with pytest.raises(UseCaseError) as refused:
        run(receivers.change_receiver(own.ws, number, moved))
    assert refused.value.reason.code == "notify.missing"
    assert own.ws.store.receivers.get(number).settings["host"] == "mail.example.org"
    run(receivers.change_receiver(own.ws, number, moved, {"password": "of mail.example.com"}))
    assert own.ws.store.receivers.secret(number) == {"password": "of mail.example.com"}
