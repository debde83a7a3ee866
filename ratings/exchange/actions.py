"""Writes of an export: that it is made, and that its files were taken."""

from tempfile import SpooledTemporaryFile
from typing import IO

from django.db import transaction

from alliance import audit
from alliance.access import Denied
from alliance.acting import as_program
from alliance.audit import Verb
from alliance.exporting import check_export_again, episodes_of_export
from alliance.models import Client, DataExport, Episode, Membership, Practice
from alliance.names import folded
from ratings.check_in.rate_first import awaits_rating_of
from ratings.exchange.exported import KEYS_AT_ONCE, Exported, Names, Pseudonyms
from ratings.exchange.files import IN_MEMORY, Written, key_text, write_archive


@transaction.atomic
def make_export(
    *,
    by: Membership,
    extent: DataExport.Extent,
    reason: DataExport.Reason,
    keeps_names: bool = False,
    is_shifted: bool = True,
) -> DataExport:
    """Puts on record that cases are about to be taken out, and why."""
    Practice.objects.select_for_update(of=("self",), no_key=True).get(pk=by.practice_id)
    check_export_again(by, extent)
    is_own = extent == DataExport.Extent.OWN
    export = DataExport.objects.create(
        practice=by.practice,
        made_by=by,
        extent=extent,
        reason=reason,
        keeps_names=is_own and keeps_names,
        is_shifted=is_shifted or not is_own,
    )
    audit.record(Verb.CREATED, export, by=by)
    return export


@transaction.atomic
def export_by_command(
    *, practice: Practice, reason: DataExport.Reason, keeps_names: bool, is_shifted: bool
) -> DataExport:
    """Puts on record that whoever runs the installation takes a practice's cases out."""
    export = DataExport.objects.create(
        practice=practice,
        extent=DataExport.Extent.PRACTICE,
        reason=reason,
        keeps_names=keeps_names,
        is_shifted=is_shifted,
    )
    audit.record(Verb.CREATED, export, practice=practice)
    return export


@as_program()  # a manager takes out cases that they may not read
def take_archive(*, export: DataExport) -> IO[bytes]:
    """The archive, which exists for this one answer; see `write_taken`."""
    file: IO[bytes] = SpooledTemporaryFile(IN_MEMORY)  # noqa: SIM115 -- the answer closes it
    try:
        write_taken(export=export, file=file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def write_taken(*, export: DataExport, file: IO[bytes]) -> Written:
    """Writes the archive, then records that it was taken: each case says so to its therapist.

    Raises
    ------
    Refused
        A record was erased, or joined with another one, meanwhile.
    """
    exported = exported_of(export)
    written = write_archive(exported, file)
    _record(export, exported)
    return written


@as_program()
def write_key(*, export: DataExport) -> str:
    """Who is behind the pseudonyms of an export of own cases."""
    if export.extent == DataExport.Extent.PRACTICE and export.made_by:
        raise Denied("dataexport", export.code)
    text = key_text(exported_of(export))
    audit.record(Verb.READ, export, by=export.made_by, practice=export.practice)
    return text


@as_program()
def count_cases(export: DataExport) -> int:
    """How many cases an export has, as things stand now."""
    return len(exported_of(export).places)


@transaction.atomic
def _record(export: DataExport, exported: Exported) -> None:
    keys = [place.key for place in exported.places]
    audit.record(Verb.EXPORTED, export, by=export.made_by, practice=export.practice, count=len(keys))
    for start in range(0, len(keys), KEYS_AT_ONCE):
        episodes = Episode.objects.filter(pk__in=keys[start : start + KEYS_AT_ONCE])
        audit.record_each(Verb.EXPORTED, dict.fromkeys(episodes, 1), by=export.made_by, practice=export.practice)


def exported_of(export: DataExport) -> Exported:
    """The cases of an export, and how it calls people."""
    episodes = episodes_of_export(export)
    if export.made_by:
        episodes = episodes.exclude(pk__in=waiting_in(export.made_by))
    pseudonyms = Pseudonyms.of_export(export.code)
    tells_therapists = export.extent == DataExport.Extent.OWN or export.made_by is None
    by_name = _names_apart(episodes) if export.keeps_names else {}
    return Exported(episodes, Names(pseudonyms, export.is_shifted, tells_therapists, by_name))


def waiting_in(member: Membership) -> set[int]:
    """The member's cases with answers that wait for their own rating: these stay out until it is in.

    Also of an export of the practice: a manager who is a therapist would know their own cases by their course.
    """
    waiting = Episode.objects.filter(awaits_rating_of(member.user), client__practice=member.practice)
    return set(waiting.values_list("pk", flat=True))


def _names_apart(episodes) -> dict[int, str]:
    """Client key -> name; the second of one name has a number behind it, or an import would take the two for one."""
    keys = sorted(set(episodes.values_list("client", flat=True)))
    found: dict[int, str] = {}
    taken: dict[str, int] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        clients = Client.objects.filter(pk__in=keys[start : start + KEYS_AT_ONCE]).select_related("data_key")
        for client in clients.order_by("pk"):
            name = client.display_name
            place = taken[folded(name)] = taken.get(folded(name), 0) + 1
            found[client.pk] = name if place == 1 else f"{name} ({place})"
    return found
