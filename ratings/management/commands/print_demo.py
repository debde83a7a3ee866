from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from alliance.models import Membership
from ratings.check_in import links
from ratings.demo.people import FIRST_MEMBERS, PASSWORD, STUDY_MEMBERS
from ratings.models import CheckIn, ClientLink
from ratings.psychometrics.evidence import Rater


class Command(BaseCommand):
    help = "Prints the demo's sign-ins, and a fresh link to a check-in that waits for an answer."

    def handle(self, **options):
        in_study = [email for _role, email, _name in STUDY_MEMBERS]
        members = Membership.objects.filter(user__email__in=[*FIRST_MEMBERS, *in_study])
        members = members.select_related("user", "practice__data_key")
        names = {member.user.email: member.display_name for member in members}
        study = [email for email in in_study if email in names]
        if not names:
            raise CommandError("There is no demo data here; `manage.py seed_demo` brings it.")
        self.stdout.write(f"\nAlliance with demo data, all of it invented: {settings.BASE_URL}/\n\n")
        self.stdout.write(f"Sign in at {_address('account_login')} with the password {PASSWORD} as\n")
        for email in FIRST_MEMBERS:
            self.stdout.write(f"  {email:22} {names.get(email, '')}\n")
        if study:
            self.stdout.write("\nAnd in a practice that takes part in a study, with the same password, as\n")
        for email in study:
            self.stdout.write(f"  {email:27} {names[email]}\n")
        check_in = waiting_check_in()
        if check_in is None:
            self.stdout.write("\nEvery check-in has been answered; log a session to get a link to another.\n")
            return
        token = links.mint_check_in_link(check_in=check_in, editor=None, channel=ClientLink.Channel.SCREEN)
        self.stdout.write(f"\nAnswer as a client, {check_in.episode.client.display_name}, without signing in:\n")
        self.stdout.write(f"  {_address('links:check-in', token)}\n\n")


def waiting_check_in():
    """The newest unanswered check-in of the first therapist of the demo."""
    return (
        CheckIn.objects.not_voided()
        .filter(episode__therapist__user__email=FIRST_MEMBERS[0], episode__ends_at__isnull=True)
        .exclude(ratings__rater=Rater.CLIENT)
        .select_related("episode__client__data_key")
        .order_by("-therapy_session__starts_at")
        .first()
    )


def _address(name, *args):
    return settings.BASE_URL + reverse(name, args=args)
