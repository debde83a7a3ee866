"""The command that makes a backup of the database, which only the holder of a private key can read."""

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError

from alliance.installation import backup, sealed_file
from alliance.last_runs import Job, record_run

PATTERN = "alliance-*.backup"


class Command(BaseCommand):
    help = "Makes a backup of the database in a folder, sealed for ALLIANCE_BACKUP_KEY. The program may run meanwhile."

    def add_arguments(self, parser):
        parser.add_argument("folder", type=Path, nargs="?", help="where it is kept, outside the program's own folder")
        parser.add_argument("--keep-days", type=int, default=30, metavar="N", help="delete older ones (30)")
        parser.add_argument(
            "--new-key", type=Path, metavar="FILE", help="write a new private key; print its public key"
        )

    def handle(self, *, folder, keep_days, new_key, **options):
        if new_key:
            return self._make_key(new_key)
        if folder is None:
            raise CommandError("Name the folder that keeps the backups.")
        key = _public_key()
        folder = folder.resolve()
        if folder.is_relative_to(settings.BASE_DIR):
            raise CommandError("Keep backups outside the folder of the program: whoever replaces that loses them.")
        if not folder.is_dir():
            raise CommandError(f"There is no folder {folder}.")
        if keep_days < 1:
            raise CommandError("Keep backups for one day or more.")
        path = folder / f"alliance-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.backup"
        part = path.with_suffix(".part")
        try:
            _write(part, key, folder)
            part.rename(path)
        except (backup.BackupFailed, OSError) as error:
            raise CommandError(f"There is no new backup. {error}") from error
        finally:
            part.unlink(missing_ok=True)
        with suppress(DatabaseError):  # its table may be of the version before
            record_run(Job.BACKUP)
        deleted = _delete_old(folder, keep_days, but=path)
        self.stdout.write(f"{path}, {path.stat().st_size:,} bytes. Older than {keep_days} days and deleted: {deleted}.")

    def _make_key(self, path):
        private, public = sealed_file.new_key_pair()
        try:
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(private + "\n")
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}") from error
        self.stdout.write(f"ALLIANCE_BACKUP_KEY={public}")
        self.stderr.write(f"Take {path} away from this machine. Without it no backup can be read.")


def _public_key():
    if not settings.BACKUP_KEY:
        raise CommandError("ALLIANCE_BACKUP_KEY is not set: `manage.py backup --new-key FILE` makes one.")
    try:
        return sealed_file.public_key(settings.BACKUP_KEY)
    except ValueError:
        raise CommandError("ALLIANCE_BACKUP_KEY is no public key of `manage.py backup --new-key FILE`.") from None


def _write(path, key, folder):
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        sealed_file.seal(backup.backup(folder), file, key)
        file.flush()
        os.fsync(file.fileno())


def _delete_old(folder, keep_days, *, but):
    oldest = datetime.now(UTC) - timedelta(days=keep_days)
    old = [path for path in folder.glob(PATTERN) if path != but and path.stat().st_mtime < oldest.timestamp()]
    for path in old:
        path.unlink()
    return len(old)
