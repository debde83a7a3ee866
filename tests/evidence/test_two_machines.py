"""Two machines on one PostgreSQL: what one has counted, taken or kept, the other knows; and one of them may die.

They are two servers with folders of their own, in the last test on two hosts of a network. The control gives each
counters of its own as well.
"""

import os
import random
import re
import shutil
import time
import urllib.error
import urllib.parse
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from http.client import HTTPException
from http.cookiejar import CookieJar

import pytest
from django.conf import settings

from tests.e2e.test_parallel import ANSWERS, send
from tests.evidence.hosts import reached_by_address
from tests.evidence.standby import Pair
from tests.evidence.test_deploy import ask, start_nginx
from tests.evidence.test_faults import SET_UP, Server, look
from tests.servers import Project, free_port
from tests.signing_in import PASSWORD, code_of

pytestmark = [pytest.mark.evidence, pytest.mark.sqlite]  # it brings its own database
DEPLOYING = settings.BASE_DIR / "docs" / "how-to" / "deploy.md"
LINKS, WRITERS, SEED = 200, 8, 20261129
LIMIT = 10.0  # seconds until an answer is saved, also where the machine that it was sent to is gone
REFUSED = "Too many tries with a wrong password"
OWN_COUNTERS = """
from alliance.settings import *
CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
"""
PEOPLE = """
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from alliance.people.actions import add_member
from tests.signing_in import PASSWORD
bea, cid = (
    add_member(practice=practice, email=f"{name.lower()}@millrace.test", name=name, roles=["therapist"])
    for name in ("Bea", "Cid")
)
for user in (ada.user, bea.user, cid.user):
    user.set_password(PASSWORD)
    user.save()
    user.emailaddress_set.update(verified=True)
secret = generate_totp_secret()
TOTP.activate(cid.user, secret)
print("SECRET", secret)
"""


class Browser:
    """A browser for which both machines are one host."""

    def __init__(self):
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def ask(self, address, headers=None, **fields):
        """The page that one ends on; with fields, what the form there sends with them."""
        if fields:
            shown = dict(re.findall(r'name="(csrfmiddlewaretoken|shown_form)" value="([^"]*)"', self.ask(address)))
            fields = urllib.parse.urlencode(shown | fields).encode()
        request = urllib.request.Request(address, fields or None, headers or {})
        try:
            with self.opener.open(request, timeout=60) as answer:
                return answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.read().decode()

    def sign_in(self, machine, name, password=PASSWORD):
        return self.ask(f"{machine.url}/accounts/login/", login=f"{name}@millrace.test", password=password)


class Machines:
    """Both, what is good once, and the links that wait for an answer."""

    def __init__(self, address, folder, *, links, own_counters=False, hosts=(None, None)):
        folders = [folder / "one", folder / "two"]
        folders[0].mkdir()
        environment = os.environ | {"DATABASE_URL": address, "ALLIANCE_VAR": str(folders[0])}
        self.project = Project(dict(environment))
        self.project.manage("migrate", "--verbosity=0")
        words = self.project.python(SET_UP.format(links=links) + PEOPLE).split()
        self.tokens, self.secret = [word for word in words if len(word) == 43], words[words.index("SECRET") + 1]
        shutil.copytree(folders[0], folders[1])  # the keys
        if own_counters:
            (folder / "own_counters.py").write_text(OWN_COUNTERS)
            environment |= {"DJANGO_SETTINGS_MODULE": "own_counters", "PYTHONPATH": str(folder)}
        if hosts[0]:
            environment = reached_by_address(environment, folder)
        self.both = [
            Server(Project(environment | {"ALLIANCE_VAR": str(place)}), place, host)
            for place, host in zip(folders, hosts, strict=True)
        ]
        for machine in self.both:
            machine.start()

    def stop(self):
        for machine in self.both:
            if machine.process.poll() is None:
                machine.kill()

    def wrong_passwords_are_counted_together(self):
        one, two = self.both
        for machine in (one, two, one, two, one):
            assert REFUSED not in Browser().sign_in(machine, "bea", "a wrong one")
        return REFUSED in Browser().sign_in(two, "bea")

    def a_code_is_good_once(self):
        time.sleep((30 - time.time() % 30) * (time.time() % 30 > 10))  # so that it is still the same one afterwards
        code, opened = code_of(self.secret), []
        for machine in self.both:
            browser = Browser()
            browser.sign_in(machine, "cid")
            browser.ask(f"{machine.url}/accounts/2fa/authenticate/", code=code)
            opened.append("Sign out" in browser.ask(f"{machine.url}/you/"))
        assert opened[0], "the first time it was not good"
        return not opened[1]


@pytest.fixture
def start(postgresql_database, tmp_path):
    started = []

    def run(*, links=20, own_counters=False):
        started.append(Machines(postgresql_database, tmp_path, links=links, own_counters=own_counters))
        return started[0]

    yield run
    for machines in started:
        machines.stop()


def test_what_one_has_counted_taken_or_kept_the_other_knows(start):
    machines = start()
    one, two = machines.both
    assert machines.a_code_is_good_once()
    assert machines.wrong_passwords_are_counted_together()
    # A link: the same answers get the same receipt from the other machine, other answers are told that it is too late.
    path = f"/c/{machines.tokens[0]}/"
    receipts = [send(machine.url + path, ANSWERS) for machine in machines.both]
    assert [status for status, _url, _page in receipts] == [200, 200] and receipts[0][2] == receipts[1][2]
    assert send(two.url + path, ANSWERS | {"bond_open": 0})[0] == 409
    # What was typed at one is filled in at the other, for whoever is signed in at both.
    browser = Browser()
    browser.sign_in(one, "ada")
    keep = {"X-Form-Action": "/cases/new/"}
    shown = dict(
        re.findall(r'name="(csrfmiddlewaretoken|shown_form)" value="([^"]*)"', browser.ask(f"{one.url}/cases/new/"))
    )
    data = urllib.parse.urlencode(shown | {"name": "Junebug Ferrars"}).encode()
    browser.opener.open(urllib.request.Request(f"{one.url}/drafts/", data, keep), timeout=60).close()
    assert 'value="Junebug Ferrars"' in browser.ask(f"{two.url}/cases/new/")


def test_with_counters_of_their_own_neither_knows(start):
    """The control."""
    machines = start(own_counters=True)
    assert not machines.wrong_passwords_are_counted_together()
    assert not machines.a_code_is_good_once()


def send_to_either(machines, token, dice):
    """Sends to one of the two, and to the other if that one gives no receipt; the seconds, and whether it took both."""
    start, order = time.monotonic(), dice.sample(machines.both, 2)
    for tries in range(100):
        with suppress(OSError, HTTPException):
            machine = order[tries % 2]
            status, url, _page = send(f"{machine.url}/c/{token}/", ANSWERS, seconds=5)
            if status == 200 and url == f"{machine.url}/c/sent/":
                return time.monotonic() - start, tries > 0
    raise AssertionError("neither saves it")


def test_one_dies_in_the_middle_of_a_days_load_and_nobody_loses_an_answer(start, tmp_path, record_property):
    machines = start(links=LINKS)
    loses_nothing(machines, machines.both[0].kill, tmp_path, record_property)


def test_of_two_hosts_one_falls_silent_and_nobody_loses_an_answer(network, tmp_path, record_property):
    """All of them on one network: two that run the program, PostgreSQL, and its standby, for which answers wait."""
    hosts = [network.host() for _number in range(4)]
    with closing(Pair(waits=True, hosts=hosts[2:])) as pair:
        machines = Machines(pair.url, tmp_path, links=LINKS, hosts=hosts[:2])
        try:
            assert machines.a_code_is_good_once()
            assert machines.wrong_passwords_are_counted_together()
            loses_nothing(machines, hosts[0].pull_the_cable, tmp_path, record_property)
        finally:
            machines.stop()


def test_behind_nginx_nobody_notices_that_one_falls_silent(network, open_folder, tmp_path, record_property):
    """nginx by our file, with the addresses of both as the page on deploying has them."""
    hosts = [network.host() for _number in range(4)]
    with closing(Pair(waits=True, hosts=hosts[2:])) as pair, ThreadPoolExecutor(WRITERS) as pool:
        machines, port = Machines(pair.url, tmp_path, links=LINKS, hosts=hosts[:2]), free_port()
        block = re.search(r"upstream machines \{.*?\}\n", DEPLOYING.read_text(), re.DOTALL)[0]
        for number, machine in enumerate(machines.both, start=11):
            block = block.replace(f"10.0.0.{number}:8000", f"{machine.address}:{machine.port}")
        nginx = start_nginx(open_folder, port, free_port(), "http://machines", block)
        try:
            while " 200 " not in ask("/healthz", port):
                time.sleep(0.1)
            sent = [pool.submit(answer_once, port, token) for token in machines.tokens]
            while sum(one.done() for one in sent) < LINKS // 4:
                time.sleep(0.02)
            hosts[0].pull_the_cable()
            took = [one.result() for one in sent]
        finally:
            nginx.terminate()
            nginx.wait(timeout=60)
            machines.stop()
        found = look(machines.project, machines.tokens, tmp_path)
    record_property("answers sent once, all saved", LINKS)
    record_property("seconds until saved, at most", round(max(took), 1))
    assert found["lost"] == found["double"] == 0 and found["ratings"] == found["written"] == LINKS
    assert max(took) > 1, "the silence hit nobody"


def answer_once(port, token):
    """The seconds until the receipt; nothing is sent a second time."""
    start = time.monotonic()
    head = ask(f"/c/{token}/", port, body=urllib.parse.urlencode(ANSWERS).encode())
    seconds = time.monotonic() - start
    assert "303" in head.split("\r\n")[0] and "/c/sent/" in head, f"after {seconds:.1f} s: {head}"
    return seconds


def loses_nothing(machines, lose_one, folder, record_property):
    dice = random.Random(SEED)
    with ThreadPoolExecutor(WRITERS) as pool:
        sent = [pool.submit(send_to_either, machines, token, dice) for token in machines.tokens]
        while sum(one.done() for one in sent) < LINKS // 4:
            time.sleep(0.02)
        lose_one()
        took = [one.result() for one in sent]
    found = look(machines.project, machines.tokens, folder)
    hit = sum(again for _seconds, again in took)
    slowest = max(seconds for seconds, _again in took)
    record_property("answers acknowledged, all kept", LINKS)
    record_property("of these sent to a machine that was gone", hit)
    record_property("seconds until saved, at most", round(slowest, 1))
    assert hit > 0, "the kill hit nobody"
    assert found["lost"] == found["double"] == 0 and found["ratings"] == found["written"] == LINKS
    assert slowest <= LIMIT
