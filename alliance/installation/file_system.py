"""On which file system something lies, as far as the system tells: Linux does, in /proc/self/mounts."""

import re
from pathlib import Path, PurePosixPath

MOUNTS = Path("/proc/self/mounts")
OVER_A_NETWORK = frozenset(
    ("nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "coda", "ceph", "glusterfs", "lustre", "gpfs", "beegfs")
    + ("gfs2", "ocfs2", "orangefs", "pvfs2", "moosefs", "juicefs", "cephfs", "sshfs", "s3fs", "rclone", "davfs")
    + ("ceph-fuse", "mfs", "9p", "virtiofs")
)
ESCAPED = re.compile(r"\\([0-7]{3})")  # a blank in the name of a folder


def lies_on_a_network(path: Path) -> bool:
    """Whether other machines can have the file too. Not where the system does not tell."""
    try:
        mounts = MOUNTS.read_text(errors="replace")
    except OSError:
        return False
    return kind_of(PurePosixPath(path.resolve()), mounts).removeprefix("fuse.") in OVER_A_NETWORK


def kind_of(path: PurePosixPath, mounts: str) -> str:
    """The kind of the file system that a path lies on: of the deepest place above it, and there of the last mount."""
    found, depth = "", 0
    for line in mounts.splitlines():
        _device, place, kind, *_options = line.split(" ")
        place_parts = PurePosixPath(ESCAPED.sub(lambda digits: chr(int(digits[1], 8)), place)).parts
        if path.parts[: len(place_parts)] == place_parts and len(place_parts) >= depth:
            found, depth = kind, len(place_parts)
    return found
