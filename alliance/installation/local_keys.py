"""The keys of a local installation: the demo, a try-out, the tests."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.fernet import Fernet


@dataclass(frozen=True)
class LocalKeys:
    secret_key: str
    data_keys: list[str]
    hash_key: str


def local_keys(folder: Path) -> LocalKeys:
    """The keys that the folder holds; made at the first start, and then kept."""
    path = folder / "local-keys.json"
    if not path.exists():
        new_keys = LocalKeys(secrets.token_urlsafe(50), [Fernet.generate_key().decode()], secrets.token_urlsafe(32))
        folder.mkdir(mode=0o700, exist_ok=True, parents=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(new_keys)))
        try:
            os.link(draft, path)  # two first starts at once: one of them wins, whole
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return LocalKeys(**json.loads(path.read_text()))


def is_local_key(folder: Path, keys: list[str]) -> bool:
    """Whether one of the keys is that of a local installation in this folder."""
    path = folder / "local-keys.json"
    if not path.exists():
        return False
    found = LocalKeys(**json.loads(path.read_text()))
    return bool({found.secret_key, found.hash_key, *found.data_keys} & set(keys))
