"""Holds a file against what is here already, and makes its preview.

Reads only, in a number of statements that does not grow with the file but by one for some hundred of its cases.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from alliance.access import live
from alliance.crypto import keyed_hash
from alliance.models import Client, Episode
from ratings.check_in.questions import definition_of
from ratings.importing import layouts
from ratings.importing.layouts import LineError, Parsed
from ratings.importing.preview import Count, MatchedCase, MatchedSession, NewRating, Preview, Receiver
from ratings.models import Instrument, Rating
from ratings.models.rating import columns_of
from ratings.psychometrics.evidence import Pillar
from ratings.psychometrics.scoring import Scored, score, score_total
from sessions.models import TherapySession

NOON = time(12)  # convention of this app: where a file has a date only
AT_ONCE = 500  # look-ups by this many keys fit into one statement on both databases


def read(data: bytes) -> Parsed:
    """A file's content, checked against the questionnaires that are loaded here."""
    return layouts.parse(data, {name: form for name, (_row, form) in _instruments().items()}, timezone.now())


def make_preview(*, practice, parsed: Parsed, receiver: Receiver) -> Preview:
    return _Matcher(practice, parsed, receiver).preview()


def therapists_of(practice):
    """Who may receive cases: live therapists, by e-mail in lower case."""
    held = practice.memberships.filter(live(), is_therapist=True, user__is_active=True).select_related("user")
    return {membership.user.email.casefold(): membership for membership in held}


def _instruments():
    return {(row.key, row.version): (row, definition_of(row)) for row in Instrument.objects.all()}


class _Matcher:
    def __init__(self, practice, parsed, receiver):
        self.practice, self.parsed, self.receiver = practice, parsed, receiver
        self.refs, self.scored = {}, {}  # take most of the time and follow from the file alone
        self.zone = ZoneInfo(practice.zone)
        self.instruments = _instruments()
        self.by_case = defaultdict(list)
        for past in parsed.sessions:
            self.by_case[past.client, past.case].append(past)

    def preview(self):
        self.errors = list(self.parsed.errors)
        self._look_up()
        met, cases = [], []
        for (client, case), sessions in self.by_case.items():
            matched = self._case(client, case, sessions)
            if matched:
                met.append(matched)
        met = self._one_open_case(met)
        counts = self._counts(met)
        for matched in met:
            sessions = tuple(s for s in matched.sessions if s.pk is None or s.new_ratings)
            if sessions:
                cases.append(replace(matched, sessions=sessions))
        return Preview(
            self.parsed, self.receiver, tuple(cases), tuple(sorted(self.errors)), **counts, again=self.preview
        )

    def _wrong(self, past, sentence):
        self.errors.append(LineError(past.line, sentence))

    def _ref(self, *parts):
        """The keyed hash by which what a file calls so is found again. Its hex keeps apart `a1` and `A1`, which
        `keyed_hash` takes for the same."""
        if parts not in self.refs:
            text = "\0".join(map(str, parts)).encode().hex()
            self.refs[parts] = keyed_hash(f"import {self.parsed.layout}", text)
        return self.refs[parts]

    # --- What is here already -----------------------------------------------------------------------------------------

    def _look_up(self):
        self.therapists = therapists_of(self.practice)
        refs = {self._ref(client) for client, _case in self.by_case}
        clients = Client.objects.filter(practice=self.practice)
        self.clients = {client.external_ref: client for client in _among(clients, "external_ref", refs)}
        keys = {client.pk for client in self.clients.values()}
        episodes = list(_among(Episode.objects.select_related("therapist"), "client", keys))
        self.episodes = {(e.client_id, e.external_ref): e for e in episodes if e.external_ref}
        self.open = {(e.client_id, e.therapist_id): e for e in episodes if e.ends_at is None}
        self.treated = {(e.client_id, e.therapist_id) for e in episodes}
        self.known = defaultdict(dict)  # episode -> ref -> therapy session
        self.taken = defaultdict(set)  # episode -> starts
        keys = {episode.pk for episode in self.episodes.values()}
        for row in _among(TherapySession.objects.all(), "episode", keys):
            if row.external_ref:
                self.known[row.episode_id][row.external_ref] = row
            if row.voided_at is None:
                self.taken[row.episode_id].add(row.starts_at)
        self.said = defaultdict(list)  # session, rater -> ratings, with those that a correction replaced
        for row in _among(Rating.objects.filter(therapy_session__external_ref__isnull=False), "episode", keys):
            self.said[row.therapy_session_id, row.rater].append(row)

    # --- One case -----------------------------------------------------------------------------------------------------

    def _case(self, client, case, sessions):
        client_ref, ref = self._ref(client), self._ref(client, case)
        row = self.clients.get(client_ref)
        episode = self.episodes.get((row.pk, ref)) if row else None
        therapist, kept = self._therapist(sessions)
        if kept and row and self.receiver.only_own and (row.pk, therapist.pk) not in self.treated:
            for past in kept:
                self._wrong(past, _("This client is with a colleague. Ask a manager to import this."))
            return None
        if kept and episode and episode.therapist_id != therapist.pk:
            for past in kept:
                self._wrong(past, _("This case is here already, with another therapist."))
            return None
        matched = self._sessions(kept, episode)
        if not matched:
            return None
        starts = [therapy_session.starts_at for therapy_session in matched]
        starts += [self._at(past.case_day, time(0)) for past in kept if past.case_day]
        return MatchedCase(
            client, client_ref, row.pk if row else None, ref, episode.pk if episode else None,
            therapist, min(starts), tuple(matched),
        )  # fmt: skip

    def _therapist(self, sessions):
        """The therapist of a case, and those of its sessions that do not speak against them."""
        therapist, first, kept = None, None, []
        for past in sessions:
            found = self._called(past.therapists)
            if found is None:
                self._wrong(past, _("This line names no therapist of this practice."))
            elif therapist not in (None, found):
                sentence = _("This case is another therapist's on line %(line)s; one case has one therapist.")
                self._wrong(past, sentence % {"line": first})
            else:
                therapist, first = found, first or past.line
                kept.append(past)
        return therapist, kept

    def _called(self, names):
        if self.receiver.all_to:
            return self.receiver.all_to if self.receiver.all_to in self.therapists.values() else None
        for name in names:
            if found := self.receiver.named.get(name) or self.therapists.get(name.casefold()):
                return found

    # --- Its sessions -------------------------------------------------------------------------------------------------

    def _sessions(self, sessions, episode):
        known = self.known[episode.pk] if episode else {}
        taken = set(self.taken[episode.pk]) if episode else set()
        matched = []
        for past in sorted(sessions, key=lambda past: (past.day or past.starts_at.date(), past.number)):
            ref = self._ref(past.client, past.case, past.number)
            row = known.get(ref)
            start = row.starts_at if row else self._start(past, taken)
            wrong = self._against(past, row, start, taken, episode)
            if wrong:
                self._wrong(past, wrong)
                continue
            taken.add(start)
            zone = row.zone if row else past.zone or self.practice.zone
            therapy_session = MatchedSession(past, ref, row.pk if row else None, start, zone)
            ratings = self._new_ratings(therapy_session, row)
            if ratings is not None:
                matched.append(replace(therapy_session, new_ratings=ratings))
        return matched

    def _start(self, past, taken):
        """The instant of the file; else noon of its day, or the first free minute after it."""
        start = past.starts_at or self._at(past.day, NOON)
        while past.day and start in taken:
            start += timedelta(minutes=1)
        return start

    def _at(self, day, clock):
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)

    def _against(self, past, row, start, taken, episode):
        if row is None and start in taken:
            return _("There is another session of this case at the same time.")
        if row is None and episode and episode.ends_at and start >= episode.ends_at:
            return _("This case had ended here by then.")
        if row and past.day and past.day != start.astimezone(ZoneInfo(row.zone)).date():
            return _("This session is here already, on another day.")
        if row and past.starts_at and past.starts_at != start:
            return _("This session is here already, at another time.")
        return ""

    def _new_ratings(self, therapy_session, row):
        """Those that are not here yet; None where one is here with other answers."""
        new = []
        for past in therapy_session.past.ratings:
            instrument, definition = self.instruments[past.instrument]
            columns = self._scored(past, definition)
            said = self.said[row.pk, past.rater] if row else []
            if any(_same(rating, instrument, columns) for rating in said):
                continue
            if said:
                # What is here may have been corrected or discussed since: a file never writes over it.
                self.errors.append(LineError(past.line, _("This rating is here already, with other answers.")))
                return None
            if row is None or row.voided_at is None:
                new.append(NewRating(past, instrument, columns, past.answered_at or therapy_session.ends_at))
        return tuple(new)

    def _scored(self, past, definition):
        if past.line not in self.scored:  # no two ratings begin on one line
            self.scored[past.line] = _scored(past, definition)
        return self.scored[past.line]

    # --- At most one open case of the same two people -----------------------------------------------------------------

    def _one_open_case(self, met):
        """Of several new cases of a client with a therapist the latest stays open; earlier ones end with their last
        session. One that is open here already stays as it is: a person ends it, not a file."""
        pairs = defaultdict(list)
        for case in met:
            if case.pk is None:
                pairs[case.client_ref, case.therapist.pk].append(case)
        dropped, over = set(), set()
        for cases in pairs.values():
            cases.sort(key=lambda case: case.last_at)
            still = self.open.get((cases[0].client_pk, cases[0].therapist.pk))
            if still is None:
                over |= {case.ref for case in cases[:-1]}
                continue
            for case in cases:
                if case.last_at < still.starts_at:
                    over.add(case.ref)
                    continue
                dropped.add(case.ref)
                for therapy_session in case.sessions:
                    self._wrong(
                        therapy_session.past,
                        _("Another case of this client with this therapist is open; end it first."),
                    )
        return [replace(case, is_over=case.ref in over) for case in met if case.ref not in dropped]

    def _counts(self, met):
        sessions = [therapy_session for case in met for therapy_session in case.sessions]
        new = [rating for therapy_session in sessions for rating in therapy_session.new_ratings]
        clients = {case.client_ref: case.client_pk for case in met}
        return {
            "clients": _count(clients.values()),
            "episodes": _count(case.pk for case in met),
            "sessions": _count(therapy_session.pk for therapy_session in sessions),
            "ratings": Count(
                len(new), sum(len(therapy_session.past.ratings) for therapy_session in sessions) - len(new)
            ),
        }


def _count(keys):
    keys = list(keys)
    return Count(keys.count(None), len(keys) - keys.count(None))


def batched(keys):
    keys = sorted(keys)
    for first in range(0, len(keys), AT_ONCE):
        yield keys[first : first + AT_ONCE]


def _among(queryset, name, keys):
    for some in batched(keys):
        yield from queryset.filter(**{f"{name}__in": some})


def _scored(past, definition):
    """The columns of a rating. A total alone has no pillars and no answers."""
    items = len(definition.items)
    if past.total is not None:
        scores = score_total(float(past.total), definition.lowest * items, definition.highest * items)
        return {"answers": {}, **columns_of(Scored(dict.fromkeys(Pillar), scores, 0, items))}
    answers = {item: int(value) if value == int(value) else float(value) for item, value in past.answers.items()}
    return {"answers": answers, **columns_of(score(answers, definition))}


def _same(rating, instrument, columns):
    return (rating.instrument_id, rating.answers) == (instrument.pk, columns["answers"]) and (
        bool(rating.answers) or rating.overall_pomp == columns["overall_pomp"]
    )
