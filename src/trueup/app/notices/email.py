"""Messages by e-mail: SMTP with TLS, in a thread. Without TLS only to this machine."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Mapping
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from trueup.app.notices.writing import Written

TIMEOUT = 15.0
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DEFAULT_PORTS = {"starttls": 587, "tls": 465, "none": 25}


def message_of(settings: Mapping[str, str], written: Written) -> EmailMessage:
    """The message as it goes out. A name cannot add headers: line ends in a title become blanks."""
    message = EmailMessage()
    message["Subject"] = " ".join(written.title.split())
    message["From"] = settings["from"]
    message["To"] = settings["to"]
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain="trueup.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(written.text)
    return message


def send(settings: Mapping[str, str], secret: Mapping[str, str], written: Written) -> None:
    """Send one message; blocks for at most some seconds. Raises OSError (smtplib's errors are such)."""
    host, tls = settings["host"], settings.get("tls", "starttls")
    port = int(settings.get("port") or DEFAULT_PORTS[tls])
    context = ssl.create_default_context()
    message = message_of(settings, written)
    server: smtplib.SMTP
    if tls == "tls":
        server = smtplib.SMTP_SSL(host, port, timeout=TIMEOUT, context=context)
    else:
        server = smtplib.SMTP(host, port, timeout=TIMEOUT)
    with server:
        if tls == "starttls":
            server.starttls(context=context)
        if settings.get("user"):
            server.login(settings["user"], secret.get("password", ""))
        server.send_message(message)
