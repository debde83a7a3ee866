"""The locks hold exact versions with hashes, inside the ranges of `pyproject.toml`."""

import re
import tomllib
from dataclasses import dataclass

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = settings.BASE_DIR
RUNTIME, DEV = "requirements.lock", "requirements-dev.lock"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

pytestmark = pytest.mark.sqlite


@dataclass(frozen=True)
class Locked:
    requirement: Requirement
    hashes: int

    @property
    def version(self):
        """The version after `==`, or nothing where a range stands."""
        exact = re.fullmatch(r"==([\w.!+]+)", str(self.requirement.specifier))
        return exact[1] if exact else ""


def locked(text):
    """Each requirement of a lock with the number of its hashes; what is no requirement fails."""
    lines = re.sub(r" *\\\n *", " ", text).splitlines()
    found = []
    for line in lines:
        if line and not line.lstrip().startswith("#"):
            requirement, *hashes = re.split(r" --hash=", line)
            assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes), line
            found.append(Locked(Requirement(requirement), len(hashes)))
    return found


def loose(text):
    """Names of the requirements that are not exact or have no hash."""
    return [entry.requirement.name for entry in locked(text) if not (entry.version and entry.hashes)]


def not_allowed(dependencies, text):
    """Dependencies that a lock does not hold at a version of their range."""
    versions = {canonicalize_name(entry.requirement.name): entry.version for entry in locked(text)}
    wanted = [Requirement(dependency) for dependency in dependencies]
    return [
        dependency.name
        for dependency in wanted
        if not dependency.specifier.contains(versions.get(canonicalize_name(dependency.name)) or "0")
    ]


@pytest.mark.parametrize("name", [RUNTIME, DEV])
def test_every_line_of_a_lock_is_exact_and_has_a_hash(name):
    text = (ROOT / name).read_text()
    assert loose(text) == []
    assert "make upgrade" in text.splitlines()[1]


def test_the_locks_hold_every_dependency_at_a_version_of_its_range():
    assert not_allowed(PROJECT["dependencies"], (ROOT / RUNTIME).read_text()) == []
    every_one = PROJECT["dependencies"] + PROJECT["optional-dependencies"]["dev"]
    assert not_allowed(every_one, (ROOT / DEV).read_text()) == []


def test_the_tests_run_on_the_versions_that_the_program_runs_on():
    """Whatever the system that a line is for: the tools of the tests may need on all what the program needs on one."""
    assert not versions_in(RUNTIME) - versions_in(DEV)


def versions_in(name):
    return {(entry.requirement.name, entry.version) for entry in locked((ROOT / name).read_text())}


def test_a_lock_names_no_address():
    """Whoever installs from it uses the index of their own choice."""
    for name in (RUNTIME, DEV):
        assert not re.search(r"https?:|^-|\s@\s", (ROOT / name).read_text(), re.MULTILINE)


def test_a_loose_line_or_a_range_that_moved_on_would_be_found():
    digest = " \\\n    --hash=sha256:" + "0" * 64
    text = f"# made\nexact==1.2{digest}{digest}\n    # via us\nbare==1.2\nrange>=1.2{digest}\n"
    text += f"else==3 ; os_name == 'nt'{digest}\n"
    assert loose(text) == ["bare", "range"]
    assert not_allowed(["exact~=1.1", "Else~=2.0; os_name == 'nt'", "absent>=1"], text) == ["Else", "absent"]
