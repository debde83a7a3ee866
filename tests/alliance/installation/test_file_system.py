"""On which file system a path lies, from what Linux tells of its mounts."""

from pathlib import Path, PurePosixPath

import pytest

from alliance.installation import file_system
from alliance.installation.file_system import kind_of, lies_on_a_network

MOUNTS = """\
/dev/sda1 / ext4 rw,relatime 0 0
proc /proc proc rw 0 0
files:/export /srv/shared nfs4 rw,addr=10.0.0.9 0 0
/dev/sdb1 /srv/shared/own xfs rw 0 0
files:/two /srv/two\\040words cifs rw 0 0
host:/ /mnt/far fuse.sshfs rw 0 0
/dev/sdc1 /mnt/again ext4 rw 0 0
files:/again /mnt/again nfs rw 0 0
"""


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/var/lib/alliance", "ext4"),
        ("/srv/shared", "nfs4"),
        ("/srv/shared/alliance/alliance.sqlite3", "nfs4"),
        ("/srv/shared/own/alliance.sqlite3", "xfs"),
        ("/srv/shared-not", "ext4"),
        ("/srv/two words/alliance.sqlite3", "cifs"),
        ("/mnt/far/alliance.sqlite3", "fuse.sshfs"),
        ("/mnt/again/alliance.sqlite3", "nfs"),
    ],
)
def test_the_deepest_place_counts_and_there_the_last(path, kind):
    assert kind_of(PurePosixPath(path), MOUNTS) == kind


def test_a_file_elsewhere_or_without_a_list_of_mounts_is_on_this_machine(monkeypatch, tmp_path):
    mounts = tmp_path / "mounts"
    monkeypatch.setattr(file_system, "MOUNTS", mounts)
    assert not lies_on_a_network(tmp_path / "alliance.sqlite3")
    for kind, is_on_network in {
        "ext4": False,
        "nfs": True,
        "fuse.sshfs": True,
        "fuse.ceph-fuse": True,
        "fuse.own": False,
    }.items():
        mounts.write_text(f"x / {kind} rw 0 0\n")
        assert lies_on_a_network(tmp_path / "alliance.sqlite3") is is_on_network, kind


def test_the_system_of_these_tests_is_understood():
    """Its list has what is read of it, where there is one."""
    if file_system.MOUNTS.exists():
        assert kind_of(PurePosixPath("/proc/self"), file_system.MOUNTS.read_text()) == "proc"
    assert not lies_on_a_network(Path("/proc/self/mounts"))
