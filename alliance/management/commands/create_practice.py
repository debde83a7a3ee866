"""The command that starts a practice, with its first manager."""

import os
import sys
from collections.abc import Collection
from dataclasses import dataclass
from difflib import get_close_matches
from getpass import getpass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.checks import WARNING, run_checks
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import OperationalError, connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.forms import Field, TypedChoiceField
from django.urls import reverse

from alliance.models import Practice, User
from alliance.people.forms import InviteForm
from alliance.practice import actions
from alliance.practice.forms import PracticeForm
from alliance.refusal import Refused

PYTHON = ".venv/bin/python" if os.name == "posix" else r".venv\Scripts\python"  # as the pages write it
DEMO = "@demo.test"  # every sign-in of the demo ends so
YES_OR_NO = TypedChoiceField(
    choices=[("yes", "yes"), ("no", "no")],
    coerce=lambda answer: answer == "yes",
    required=False,
    error_messages={"invalid_choice": "Write yes or no."},
)


@dataclass(frozen=True)
class Question:
    field: Field  # reads the answer, as it does on the manager's pages
    text: str


QUESTIONS = {
    "name": Question(PracticeForm.base_fields["name"], "Name of the practice"),
    "zone": Question(PracticeForm.base_fields["zone"], "Its time zone, such as Europe/Berlin"),
    "manager_name": Question(InviteForm.base_fields["name"], "Name of the first manager"),
    "manager_email": Question(InviteForm.base_fields["email"], "Their e-mail, to sign in with"),
    "manager_is_therapist": Question(YES_OR_NO, "Do they also see clients, as a therapist? yes or no (Enter: no)"),
    "crisis_phone": Question(PracticeForm.base_fields["crisis_phone"], "The practice's own crisis line (Enter: later)"),
    "emergency_phone": Question(
        PracticeForm.base_fields["emergency_phone"], "Emergency number, day and night (Enter: later)"
    ),
}


class Command(BaseCommand):
    help = "Starts a practice with its first manager. Asks for what is missing; refuses weak settings."
    requires_system_checks = []  # they come first below, with those of a served installation

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--name", help="of the practice")
        parser.add_argument("--zone", help="its time zone, such as Europe/Berlin")
        parser.add_argument("--manager-name", metavar="NAME", help="the first manager, as colleagues know them")
        parser.add_argument("--manager-email", metavar="EMAIL", help="what they sign in with")
        parser.add_argument("--manager-is-therapist", metavar="yes|no", help="whether they see clients as well")
        parser.add_argument("--crisis-phone", metavar="PHONE", help="the practice's own line; needed to go live")
        parser.add_argument("--emergency-phone", metavar="PHONE", help="any time, day or night")
        parser.add_argument(
            "--password-file", metavar="FILE", help="holds the manager's password; - is standard input. Else it asks"
        )
        parser.add_argument("--try-out", action="store_true", help="on a local installation, for invented people only")

    def handle(self, *, password_file: str | None, try_out: bool, **options: Any) -> None:
        try:
            self.check_installation(try_out)
            answers = {name: self.read_option(name, options[name]) for name in QUESTIONS if options[name] is not None}
            answers, password = self.ask_for_the_rest(answers, password_file)
            with transaction.atomic():
                call_command("sync_instruments", verbosity=0)
                practice = actions.start_practice(**answers, password=password)
        except Refused as refusal:
            raise CommandError(str(refusal), returncode=2) from None
        except (KeyboardInterrupt, EOFError):
            raise CommandError("Stopped. Nothing was created.") from None
        except OperationalError as error:
            raise CommandError(f"The database does not answer: {str(error).splitlines()[0]}") from None
        self.print_next_steps(practice, answers["manager_email"], password)

    def check_installation(self, try_out: bool) -> None:
        if settings.LOCAL and not try_out:
            raise CommandError(
                "This is a local installation: it speaks plain http, and keeps its keys beside its data. For real "
                "people set up a served one (docs/how-to/deploy.md). To look at an empty practice with "
                "invented people, add --try-out."
            )
        if try_out and not settings.LOCAL:
            raise CommandError(
                "ALLIANCE_SECRET_KEY is set, so this is no place to try things out: leave out --try-out."
            )
        checks = run_checks(include_deployment_checks=not settings.LOCAL)
        messages = [message for message in checks if not message.is_silenced()]
        failures = [message for message in messages if message.level >= WARNING]
        if failures:
            listed = "\n".join(f"* {message.msg} ({message.id})" for message in failures)
            raise CommandError(f"These settings are too weak for real people. Nothing was created.\n{listed}")
        check_database()
        for message in messages:
            self.stderr.write(f"Note: {message.msg}")

    def read_option(self, name: str, text: str) -> Any:
        try:
            return cleaned(name, text)
        except Refused as refusal:
            raise Refused(f"{option(name)}: {refusal}") from None

    def ask_for_the_rest(self, answers: dict[str, Any], password_file: str | None) -> tuple[dict[str, Any], str | None]:
        """All answers, and the password of a new user."""
        missing = [name for name in QUESTIONS if name not in answers]
        if sys.stdin.isatty():
            answers = answers | {name: self.ask(name) for name in missing}
        else:
            refuse_if_missing([option(name) for name in missing if QUESTIONS[name].field.required])
            answers = dict.fromkeys(QUESTIONS, "") | answers
        if User.objects.filter(email__iexact=answers["manager_email"]).exists():
            return answers, None
        if password_file:
            return answers, validated_password(read_password(password_file), answers["manager_email"])
        refuse_if_missing([] if sys.stdin.isatty() else ["--password-file"])
        return answers, self.ask_password(answers["manager_email"])

    def ask(self, name: str) -> Any:
        while True:
            try:
                return cleaned(name, input(f"{QUESTIONS[name].text}: "))
            except Refused as refusal:
                self.stderr.write(str(refusal))

    def ask_password(self, email: str) -> str:
        while True:
            try:
                password = validated_password(getpass("Password, not shown: "), email)
            except Refused as refusal:
                self.stderr.write(str(refusal))
                continue
            if getpass("The same once more: ") == password:
                return password
            self.stderr.write("The two are not the same.")

    def print_next_steps(self, practice: Practice, email: str, password: str | None) -> None:
        steps = [
            f"Sign in at {settings.BASE_URL}{reverse('account_login')} as {email}"
            + ("." if password else ", with the password you have: this address was known here already."),
            "Turn on two-step sign-in: your name, at the top of the page.",
            "People, Settings: write down the crisis line, and look at the hours.",
            "People, Invite somebody: the therapists and supervisors.",
            "People, Assign a supervisor: until then only the therapists see their cases.",
            f"People, Settings: set the practice live. From then on `{PYTHON} manage.py send_due` sends the check-ins.",
        ]
        if settings.LOCAL:
            port = settings.BASE_URL.rpartition(":")[2]
            steps.insert(0, f"Start the server: {PYTHON} manage.py runserver {port}. For invented people only.")
        self.stdout.write(f"{practice.name} is here. It is empty, and not live: nothing is sent yet.\n\nNext:")
        for number, step in enumerate(steps, 1):
            self.stdout.write(f"{number}. {step}")
        if settings.LOCAL:
            self.stdout.write("No mail leaves this machine: each is printed in the terminal where the server runs.")
        self.stdout.write("More about each step: docs/how-to/invite-your-team.md")


def check_database() -> None:
    """Stops where migrations are missing, or where the demo is."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise CommandError("The database is not up to date. Run `manage.py migrate` first.")
    if User.objects.filter(email__iendswith=DEMO).exists():
        raise CommandError(
            "This database holds the demo, whose passwords everybody knows. Take an empty one: DATABASE_URL, or "
            "another folder in ALLIANCE_VAR."
        )


def option(name: str) -> str:
    """The option of the command line that answers a question."""
    return f"--{name.replace('_', '-')}"


def refuse_if_missing(options: Collection[str]) -> None:
    """Refuses where answers are missing and nobody can be asked."""
    if options:
        raise Refused(f"There is no terminal to ask at: add {', '.join(options)}.")


def cleaned(name: str, text: str) -> Any:
    """The value of an answer, by its field."""
    text = text.strip()
    try:
        value = QUESTIONS[name].field.clean(text)
    except ValidationError as error:
        is_zone = name == "zone" and text
        raise Refused(unknown_zone(text) if is_zone else " ".join(error.messages)) from None
    if name == "name":
        actions.check_room_for_practice(name=value)
    return value


def unknown_zone(text: str) -> str:
    """The sentence about a zone that does not exist, with similar ones.

    They are similar as a whole, or in the part after the continent.
    """
    names: dict[str, str] = {}
    for name, _label in QUESTIONS["zone"].field.choices:  # type: ignore[attr-defined]  # it is a ZoneField
        names |= {name.casefold(): name, name.rpartition("/")[2].casefold(): name}
    wanted = text.replace(" ", "_").casefold()
    near = [wanted] if wanted in names else get_close_matches(wanted, names, n=2)
    sentence = f"No time zone is called {text}."
    return f"{sentence} Do you mean {' or '.join(names[key] for key in near)}?" if near else sentence


def read_password(file: str) -> str:
    """The password in a file, or in standard input where the file is `-`."""
    try:
        text = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Refused("--password-file: there is no text to read.") from None
    return text.rstrip("\r\n")


def validated_password(password: str, email: str) -> str:
    """The password; refused where it is weak."""
    try:
        validate_password(password, User(email=email))
    except ValidationError as error:
        raise Refused(f"This password is refused. {' '.join(error.messages)}") from None
    return password
