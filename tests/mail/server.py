"""A mail server (aiosmtpd) that demands STARTTLS and AUTH, with manners that a file tells it.

usage: server.py FOLDER [open] PORT

FOLDER has cert.pem and key.pem; each mail becomes a file in FOLDER/mails. `open`: neither TLS nor
AUTH. The file FOLDER/manners, read for every command, says polite, busy, refuse, hang or vanish.
"""

import asyncio
import itertools
import pathlib
import ssl
import sys

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, SMTP

FOLDER = pathlib.Path(sys.argv[1])
OPEN = "open" in sys.argv[2:]
NUMBERS = itertools.count()


def manners():
    try:
        return (FOLDER / "manners").read_text().strip()
    except FileNotFoundError:
        return "polite"


class Handler:
    async def handle_MAIL(self, server, session, envelope, address, options):
        match manners():
            case "busy":
                return "451 come again"
            case "refuse":
                return "550 we do not know you"
            case "hang":
                await asyncio.sleep(3600)
        envelope.mail_from = address
        return "250 ok"

    async def handle_DATA(self, server, session, envelope):
        # The number alone may have been given by an earlier server in this folder.
        name = f"{id(session)}-{next(NUMBERS)}"
        half = FOLDER / f"{name}.half"
        half.write_bytes(envelope.content)
        half.rename(FOLDER / "mails" / name)
        if manners() == "vanish":
            server.transport.abort()
            return "421 gone"
        return "250 taken"


def knows(server, session, envelope, mechanism, data):
    right = (data.login, data.password) == (b"pi", b"hunter2")
    return AuthResult(success=right, handled=False)


class Office(Controller):
    def factory(self):
        if OPEN:
            return SMTP(self.handler)
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(FOLDER / "cert.pem", FOLDER / "key.pem")
        return SMTP(
            self.handler,
            tls_context=context,
            require_starttls=True,
            auth_required=True,
            authenticator=knows,
        )


(FOLDER / "mails").mkdir(exist_ok=True)
office = Office(Handler(), hostname="127.0.0.1", port=int(sys.argv[-1]))
office.start()
print("ready", flush=True)
# It ends with those who began it.
sys.stdin.read()
