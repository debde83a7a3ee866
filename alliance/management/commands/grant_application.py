"""The command that gives the program's own role of PostgreSQL what it needs, and nothing else."""

from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from alliance.installation.roles import CannotGrant, grant_application


class Command(BaseCommand):
    help = "Gives a role of PostgreSQL what the program needs, and takes all else from it. For the owner of the tables."

    def add_arguments(self, parser):
        parser.add_argument("role", help="the one that runs the program, and owns nothing")

    def handle(self, *, role, **options):
        if connection.vendor != "postgresql":
            raise CommandError("SQLite has no roles: this is for PostgreSQL.")
        try:
            n_tables = grant_application(role)
        except CannotGrant as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"{role} may use {n_tables} tables, and owns none.")
