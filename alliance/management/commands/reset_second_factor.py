"""The command that takes a second factor, where no manager can."""

from django.core.management.base import BaseCommand, CommandError

from alliance.models import Membership
from alliance.people.factor_reset import reset_second_factor
from alliance.scopes import live


class Command(BaseCommand):
    help = "Takes the two-step sign-in of a member off, by their e-mail address, and signs them out everywhere."

    def add_arguments(self, parser):
        parser.add_argument("email", help="the address with which they sign in")

    def handle(self, *, email, **options):
        membership = Membership.objects.filter(live(), user__email__iexact=email).first()
        if membership is None:
            raise CommandError("Nobody with this address has a place here.")
        is_taken = reset_second_factor(membership=membership)
        self.stdout.write("It is off. They are asked for a new one." if is_taken else "They have none.")
