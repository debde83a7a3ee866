import os
import socket
import sys

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connections


class Command(BaseCommand):
    help = "Brings the database up to date, fills it with demo data, prints the sign-ins and serves it on this machine."
    # Without its tables the database can't be checked yet; `migrate` runs the checks.
    requires_system_checks = []

    def handle(self, *args, **options):
        if not settings.LOCAL:
            raise CommandError("ALLIANCE_SECRET_KEY is set: demo data and its known passwords don't belong there.")
        address = ("127.0.0.1", int(os.environ.get("PORT") or 8000))
        refuse_if_taken(address)
        # All in this one process, as each start of Django costs a second.
        call_command("migrate", verbosity=0)
        call_command("sync_instruments", verbosity=0)
        call_command("seed_demo")
        call_command("seed_study_demo")
        call_command("print_demo")
        self.stdout.flush()
        connections.close_all()
        os.execv(sys.executable, [sys.executable, "-m", "gunicorn", *server_options(address)])


def refuse_if_taken(address):
    """Refuses an address that is in use.

    So it is said before the sign-ins are printed, and not after five attempts of the server.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            raise CommandError(f"Port {address[1]}: {error.strerror}. Another one: make demo PORT=8001") from None


def server_options(address):
    """The arguments of gunicorn.

    It writes no access log: the path of a check-in is the key to it.
    """
    host, port = address
    return [
        "alliance.wsgi",
        f"--bind={host}:{port}",
        "--workers=2",
        "--threads=4",
        "--log-level=warning",
        "--no-control-socket",
    ]
