import signal
import time

from django.core.management.base import BaseCommand, CommandError
from django.db import Error, close_old_connections, connections
from django.utils import timezone

from alliance.accounts.browser_sessions import drop_ended_sessions
from alliance.accounts.mail import send_waiting
from alliance.drafts import actions as form_drafts
from alliance.last_runs import Job, record_run
from alliance.site.trouble import trouble_with_database
from ratings.check_in.links import drop_ended_links
from ratings.delivery.by_plan import ask_by_plan
from ratings.delivery.send import MailServerFails, send_due, waiting_by_practice
from ratings.digest.send import send_digests
from ratings.importing.actions import drop_old_drafts
from ratings.rights.looked import drop_old_looks
from ratings.rights.requests import erase_due
from ratings.rights.retention import erase_what_is_over


class Command(BaseCommand):
    help = (
        "Sends what is due: mails about accounts, check-ins, reminders, counts. Safe to run often, also twice at once."
    )

    def add_arguments(self, parser):
        parser.add_argument("--loop", type=_positive, metavar="SECONDS", help="go on, with so many seconds between")

    def handle(self, *, loop, **options):
        self.is_over = False
        # A signal ends it after the message that is being sent, so that none is left claimed.
        handlers = {number: signal.signal(number, self._finish) for number in (signal.SIGTERM, signal.SIGINT)}
        try:
            self._run(loop)
        finally:
            for number, handler in handlers.items():
                signal.signal(number, handler)

    def _run(self, loop):
        while True:
            try:
                self._send()
            except MailServerFails as failure:
                if not loop:
                    raise CommandError(str(failure)) from failure
                self.stderr.write(str(failure))
            except Error as error:
                trouble = trouble_with_database(error)
                if not loop or trouble is None:
                    raise
                # What was claimed when it went away goes out again when the claim is old.
                self.stderr.write(f"{timezone.now():%Y-%m-%dT%H:%M:%SZ} The database is {trouble}; tried again soon.")
                connections.close_all()
            if not loop or self._is_over_within(loop):
                return
            close_old_connections()

    def _send(self):
        if sent := send_waiting():
            self.stdout.write(f"{sent} about accounts.")
        drop_old_drafts()
        ask_by_plan()
        form_drafts.drop_old_drafts()
        drop_ended_sessions()
        drop_ended_links()
        drop_old_looks()
        for practice, waiting in waiting_by_practice():
            self.stdout.write(f"{practice} is not live, and {waiting} of its messages wait: see People, Settings.")
        counts = send_due(is_over=lambda: self.is_over)
        if counts:
            self.stdout.write(", ".join(f"{count} {outcome}" for outcome, count in sorted(counts.items())) + ".")
        if digests := send_digests(is_over=lambda: self.is_over):
            self.stdout.write(f"{digests} with counts.")
        if erased := erase_due() + erase_what_is_over():
            self.stdout.write(f"{erased} erased.")
        self.stdout.flush()
        record_run(Job.SENDER)

    def _finish(self, *args):
        self.is_over = True

    def _is_over_within(self, seconds):
        """Waits so many seconds, or until a signal ends it; whether one did."""
        end = time.monotonic() + seconds
        while not self.is_over and (remaining := end - time.monotonic()) > 0:
            time.sleep(min(remaining, 1))
        return self.is_over


def _positive(text):
    number = int(text)
    if number < 1:
        raise ValueError
    return number
