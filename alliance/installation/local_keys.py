"""The keys of a local installation (the demo, the tests), made once and kept under var/."""

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
    path = folder / "local-keys.json"
    if not path.exists():
        fresh = LocalKeys(secrets.token_urlsafe(50), [Fernet.generate_key().decode()], secrets.token_urlsafe(32))
        folder.mkdir(mode=0o700, exist_ok=True, parents=True)
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(json.dumps(asdict(fresh)))
        try:
            os.link(draft, path)  # two first starts at once: one of them wins, whole
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return LocalKeys(**json.loads(path.read_text()))
