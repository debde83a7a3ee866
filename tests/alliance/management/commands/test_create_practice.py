import io
import os
import secrets
import subprocess
import sys

import pytest
from allauth.account.models import EmailAddress
from cryptography.fernet import Fernet
from django.conf import settings as actual
from django.core.management import CommandError, call_command
from django.db import connection

from alliance.management.commands import create_practice
from alliance.models import AuditEvent, DataKey, Membership, Practice, User
from alliance.practice import actions
from alliance.refusal import Refused
from ratings.demo.people import DOMAIN
from ratings.models import Instrument
from tests.terminal import converse

PASSWORD = "seven calm herons"
OPTIONS = {
    "name": "Alder Street",
    "zone": "Europe/Berlin",
    "manager_name": "Mona Reyes",
    "manager_email": "mona@alder.test",
}


@pytest.fixture
def start(tmp_path, db):
    """`start(**options)`: what the command said, with the password in a file and nobody at a terminal."""
    (tmp_path / "password").write_text(f"{PASSWORD}\n")

    def start(**changes):
        said = io.StringIO()
        options = OPTIONS | {"password_file": str(tmp_path / "password"), "try_out": True} | changes
        options = {name: value for name, value in options.items() if value is not None}
        call_command("create_practice", stdout=said, stderr=said, **options)
        return said.getvalue()

    return start


def rows():
    return [model.objects.count() for model in (Practice, User, EmailAddress, Membership, DataKey, AuditEvent)]


def refusal(start, **changes):
    """The sentence and the exit status of a command that wrote nothing."""
    before = rows()
    with pytest.raises(CommandError) as caught:
        start(**changes)
    assert rows() == before
    assert PASSWORD not in str(caught.value)
    return str(caught.value), caught.value.returncode


# --- It starts --------------------------------------------------------------------------------------------------------


def test_a_practice_and_its_first_manager(start, http, capsys, caplog):
    said = start(crisis_phone="030 555 0117")
    practice, mona = Practice.objects.get(), Membership.objects.get()
    assert (practice.name, practice.zone, practice.live_at) == ("Alder Street", "Europe/Berlin", None)
    assert (practice.crisis_phone, practice.emergency_phone) == ("030 555 0117", "")
    assert (mona.display_name, mona.is_manager, mona.is_therapist) == ("Mona Reyes", True, False)
    assert list(AuditEvent.objects.values_list("verb", "subject_type", "subject_code", "practice_code")) == [
        ("created", "practice", str(practice.code), str(practice.code)),
        ("created", "membership", str(mona.code), str(practice.code)),
    ]
    assert Instrument.objects.exists()
    assert f"{actual.BASE_URL}/accounts/login/ as mona@alder.test." in said
    assert "1. Start the server: .venv/bin/python manage.py runserver 8000." in said
    assert "No mail leaves this machine: each is printed in the terminal where the server runs." in said
    assert PASSWORD not in said + caplog.text + "".join(capsys.readouterr())
    came = http.post("/accounts/login/", {"login": "mona@alder.test", "password": PASSWORD}, follow=True)
    assert came.redirect_chain == [("/", 302), ("/people/", 302)]


def test_a_manager_who_sees_clients_too(start):
    start(manager_is_therapist="yes")
    mona = Membership.objects.get()
    assert (mona.is_manager, mona.is_therapist, mona.is_supervisor) == (True, True, False)


def test_a_person_who_is_known_here_keeps_their_password(start):
    known = User.objects.create_user("Mona@alder.test", "four patient otters")
    said = start(password_file=None)
    assert Membership.objects.get().user == known
    assert User.objects.get().check_password("four patient otters")
    assert "known here already" in said


def test_it_asks_again_until_an_answer_is_good(start, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    answers = iter(["Berlin", "Europe/Berlin", "maybe", "no", "soon", "", "112"])
    passwords = iter(["password", "alder.test", PASSWORD, PASSWORD + "!", PASSWORD, PASSWORD])
    monkeypatch.setattr("builtins.input", lambda prompt: next(answers))
    monkeypatch.setattr(create_practice, "getpass", lambda prompt: next(passwords))
    said = start(zone=None, password_file=None)
    assert list(answers) == list(passwords) == []
    for sentence in (
        "No time zone is called Berlin. Do you mean Europe/Berlin?",
        "Write yes or no.",
        "Write a phone number, in digits.",
        "This password is refused. This password is too short.",
        "The two are not the same.",
    ):
        assert sentence in said
    assert PASSWORD not in said + "".join(capsys.readouterr())
    practice = Practice.objects.get()
    assert (practice.zone, practice.crisis_phone, practice.emergency_phone) == ("Europe/Berlin", "", "112")
    assert User.objects.get().check_password(PASSWORD)


# --- It refuses -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": " "}, "--name: Enter a name."),
        ({"zone": "Europe/Berln"}, "--zone: No time zone is called Europe/Berln. Do you mean Europe/Berlin"),
        ({"zone": "new york"}, "--zone: No time zone is called new york. Do you mean America/New_York?"),
        ({"zone": "qqqqqq"}, "--zone: No time zone is called qqqqqq."),
        ({"manager_name": ""}, "--manager-name: Enter a name."),
        ({"manager_email": "mona at alder"}, "--manager-email: Write an e-mail address, such as ada@example.org."),
        ({"manager_is_therapist": "maybe"}, "--manager-is-therapist: Write yes or no."),
        ({"crisis_phone": "ask at the desk"}, "--crisis-phone: Write a phone number, in digits."),
        ({"password_file": "/nowhere/at/all"}, "--password-file: there is no text to read."),
        ({"password_file": None}, "There is no terminal to ask at: add --password-file."),
        ({"name": None, "manager_email": None}, "There is no terminal to ask at: add --name, --manager-email."),
    ],
)
def test_a_wrong_or_missing_option(changes, sentence, start):
    said, status = refusal(start, **changes)
    assert (said[: len(sentence)], status) == (sentence, 2)


@pytest.mark.parametrize(
    ("password", "sentence"),
    [
        ("s3ven", "This password is too short. It must contain at least 12 characters."),
        ("password1234", "This password is too common."),
        ("mona@alder.tes", "The password is too similar to the e-mail."),
        ("", "This password is too short."),
    ],
)
def test_a_weak_password(password, sentence, start, tmp_path):
    (tmp_path / "weak").write_text(password)
    said, status = refusal(start, password_file=str(tmp_path / "weak"))
    assert sentence in said
    assert status == 2
    assert not password or password not in said


def test_the_same_name_again_and_a_second_practice(start):
    start()
    assert refusal(start, name="ALDER Street") == ("--name: There is a practice of this name here already.", 2)
    if connection.vendor == "sqlite":
        said, status = refusal(start, name="Weir House")
        assert "SQLite is for one" in said
        assert status == 2
    else:
        start(name="Weir House")
        assert Practice.objects.count() == 2


def test_all_of_it_or_nothing(start, monkeypatch):
    def fail(**options):
        raise Refused("In between.")

    monkeypatch.setattr(actions, "add_member", fail)
    assert refusal(start) == ("In between.", 2)
    assert not Instrument.objects.exists()


def test_beside_the_demo_and_on_a_local_installation(start):
    said, status = refusal(start, try_out=False)
    assert said.startswith("This is a local installation")
    assert status == 1
    User.objects.create_user(f"therapist@{DOMAIN}")
    said, status = refusal(start)
    assert said.startswith("This database holds the demo")
    assert status == 1


# --- Where it is served: in a process of its own ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """The environment of a served installation on an empty SQLite file."""
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("ALLIANCE_", "DATABASE_URL"))}
    return mine | {
        "ALLIANCE_VAR": str(tmp_path_factory.mktemp("served")),
        "ALLIANCE_SECRET_KEY": secrets.token_urlsafe(50),
        "ALLIANCE_DATA_KEYS": Fernet.generate_key().decode(),
        "ALLIANCE_HASH_KEY": secrets.token_urlsafe(32),
        "ALLIANCE_ALLOWED_HOSTS": "alliance.example.org",
        "ALLIANCE_BASE_URL": "https://alliance.example.org",
        "ALLIANCE_SMTP_HOST": "mail.example.org",
    }


def run(environment, *arguments):
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=actual.BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
    )
    assert "Traceback" not in done.stdout
    for name in ("ALLIANCE_SECRET_KEY", "ALLIANCE_DATA_KEYS", "ALLIANCE_HASH_KEY"):
        assert environment[name] not in done.stdout
    return done.returncode, done.stdout


@pytest.mark.process
@pytest.mark.sqlite
def test_weak_settings_and_a_database_that_is_not_ready(served):
    weak = {
        "ALLIANCE_BASE_URL": "http://alliance.example.org",
        "ALLIANCE_SSL_REDIRECT": "no",
        "ALLIANCE_DATA_KEYS": "not-a-fernet-key",
        "ALLIANCE_HASH_KEY": "0123456789",
        "ALLIANCE_SECRET_KEY": "please-change-me-" * 4,
    }
    status, said = run(served | weak, "create_practice")
    assert status == 1
    for name in ("security.W008", "alliance.E001", "alliance.E002", "alliance.E003", "alliance.E005"):
        assert f"({name})" in said
    assert run(served, "create_practice", "--try-out")[0] == 1
    status, said = run(served, "create_practice")
    assert (status, said) == (1, "CommandError: The database is not up to date. Run `manage.py migrate` first.\n")
    nowhere = {"DATABASE_URL": "postgres://alliance:four-patient-otters@127.0.0.1:1/alliance"}
    status, said = run(served | nowhere, "create_practice")
    assert status == 1
    assert said.startswith("CommandError: The database does not answer: ")
    assert "otters" not in said


@pytest.mark.process
@pytest.mark.sqlite
def test_at_a_terminal_the_password_is_not_shown(served):
    assert run(served, "migrate", "--verbosity=0") == (0, "")
    conversation = [
        ("Name of the practice: ", "Alder Street"),
        ("Europe/Berlin: ", "Europe/Berln"),
        ("Do you mean Europe/Berlin", None),
        ("Europe/Berlin: ", "Europe/Berlin"),
        ("first manager: ", "Mona Reyes"),
        ("sign in with: ", "mona@alder.test"),
        ("(Enter: no): ", ""),
        ("crisis line (Enter: later): ", ""),
        ("day and night (Enter: later): ", ""),
        ("not shown: ", PASSWORD),
        ("once more: ", PASSWORD),
    ]
    command = [sys.executable, "manage.py", "create_practice"]
    status, said = converse(command, conversation, cwd=actual.BASE_DIR, env=served)
    assert status == 0
    assert "https://alliance.example.org/accounts/login/ as mona@alder.test." in said
    assert "Note: The database is SQLite" in said
    assert PASSWORD not in said
    status, again = run(served, "create_practice", "--name", "Alder Street")
    assert status == 2
    assert again.endswith("CommandError: --name: There is a practice of this name here already.\n")
