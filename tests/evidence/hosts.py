"""Machines with network addresses of their own, whose cables can be pulled: network namespaces on one bridge.

It needs root and the program `ip` (on Debian and Ubuntu: `apt install iproute2`).
"""

import os
import secrets
import shutil
import subprocess
import time

import pytest

NETWORK = "198.18.{number}.{host}"  # of 198.18.0.0/15, which is set apart for measurements (RFC 2544)


class Host:
    """One machine. What is started on it begins with `inside`."""

    def __init__(self, name, cable, address):
        self.name, self.cable, self.address = name, cable, address
        self.inside = ["ip", "netns", "exec", name]

    def pull_the_cable(self):
        """It runs on, and nobody hears from it any more: no connection to it is refused, none is closed."""
        ip("link", "set", self.cable, "down")

    def plug_it_in(self):
        """Waits until the others can be reached, whom it has looked for in vain."""
        ip("link", "set", self.cable, "up")
        ip("-netns", self.name, "neighbour", "flush", "all")
        deadline = time.monotonic() + 30
        while "LOWER_UP" not in ip("-netns", self.name, "link", "show", "cable"):
            assert time.monotonic() < deadline, self.name
            time.sleep(0.1)


class Network:
    """Several hosts, and the tests, which reach them all. Nothing leads out of it."""

    def __init__(self):
        if os.getuid() != 0 or not shutil.which("ip"):
            pytest.fail("This takes root and the program ip; on Debian and Ubuntu: apt install iproute2")
        self.key, self.number = secrets.token_hex(2), secrets.randbelow(256)
        self.hosts = []

    def __enter__(self):
        self.bridge = f"all{self.key}"
        ip("link", "add", self.bridge, "type", "bridge")
        try:
            ip("address", "add", f"{NETWORK.format(number=self.number, host=1)}/24", "dev", self.bridge)
            ip("link", "set", self.bridge, "up")
        except BaseException:
            self.__exit__()
            raise
        return self

    def host(self):
        number = len(self.hosts) + 2
        host = Host(
            f"{self.bridge}-{number}", f"{self.bridge}-{number}", NETWORK.format(number=self.number, host=number)
        )
        ip("netns", "add", host.name)
        self.hosts.append(host)
        ip("link", "add", host.cable, "type", "veth", "peer", "name", "cable", "netns", host.name)
        ip("link", "set", host.cable, "master", self.bridge, "up")
        for command in (
            ["link", "set", "lo", "up"],
            ["address", "add", f"{host.address}/24", "dev", "cable"],
            ["link", "set", "cable", "up"],
        ):
            ip("-netns", host.name, *command)
        return host

    def __exit__(self, *error):
        for host in self.hosts:
            ip("netns", "delete", host.name)
        ip("link", "delete", self.bridge)


def reached_by_address(environment, folder):
    """The environment of a program that is asked for by its address, as it is here."""
    (folder / "by_address.py").write_text("from alliance.settings import *\nALLOWED_HOSTS = ['*']\n")
    return environment | {"DJANGO_SETTINGS_MODULE": "by_address", "PYTHONPATH": str(folder)}


def ip(*what):
    done = subprocess.run(["ip", *what], capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, f"ip {' '.join(what)}: {done.stderr}"
    return done.stdout
