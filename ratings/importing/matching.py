"""Compares a file with what is here already, and makes its preview.

Reads only, in a number of statements that does not grow with the file but by one for some hundred of its cases.
"""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from alliance.models import Client, Episode
from ratings.cells.days import DateOrder
from ratings.check_in.instrument_choice import definition_of
from ratings.importing import layouts
from ratings.importing.layouts import Parsed
from ratings.importing.meant import ClientNames
from ratings.importing.past import NOTHING_OF_CASE
from ratings.importing.preview import (
    Count,
    Counts,
    MatchedCase,
    MatchedSession,
    NewRating,
    Preview,
    ScoredAnswers,
)
from ratings.importing.receiver import Receiver, therapists_of
from ratings.importing.references import references
from ratings.importing.table import LineError
from ratings.models import Instrument, Rating, Rupture
from ratings.psychometrics.evidence import Pillar
from ratings.psychometrics.scoring import Scored, score, score_total
from sessions.models import TherapySession

QUIET_DAYS = 90  # convention of this app: a therapy without a session for so long is proposed as over
NOON = time(12)  # convention of this app: where a file has a date only
KEYS_AT_ONCE = 900  # look-ups by so many keys fit into one statement on both databases


def read(data: bytes, order: DateOrder | None = None) -> Parsed:
    """A file's sessions, checked against the questionnaires that are loaded here.

    `order`: that of its dates, for a file that does not tell.
    """
    definitions = {name: definition for name, (_row, definition) in _instruments().items()}
    return layouts.parse(data, definitions, timezone.now(), order)


def make_preview(*, practice, parsed: Parsed, receiver: Receiver, end_before: date | None = None) -> Preview:
    """What an import of the file would write, and what is wrong with it.

    `end_before`: new cases whose last session is earlier come in as ended.
    """
    return _Matcher(practice, parsed, receiver, end_before).preview()


def _instruments():
    return {(row.key, row.version): (row, definition_of(row)) for row in Instrument.objects.all()}


class _Matcher:
    def __init__(self, practice, parsed, receiver, end_before):
        self.practice, self.parsed, self.receiver, self.end_before = practice, parsed, receiver, end_before
        # What takes most of the time and follows from the file alone.
        self.refs, self.names, self.scored_answers = {}, ClientNames(parsed.layout), {}
        self.zone = ZoneInfo(practice.zone)
        self.instruments = _instruments()
        self.by_case = defaultdict(list)
        for past in parsed.sessions:
            self.by_case[past.client, past.case].append(past)

    def preview(self):
        self.errors = list(self.parsed.errors)
        self.therapists = therapists_of(self.practice)
        assigned = {of: self._therapist(sessions) for of, sessions in self.by_case.items()}
        self._look_up({(client, therapist) for (client, _case), (therapist, _rows) in assigned.items() if therapist})
        cases = [self._match_case(*of, *assigned[of]) for of in self.by_case if assigned[of][0]]
        cases = self._keep_one_open_case([case for case in cases if case])
        quiet_before = timezone.localdate(timezone=self.zone) - timedelta(days=QUIET_DAYS)
        return Preview(
            self.parsed,
            self.receiver,
            cases=tuple(filter(None, map(_only_new, cases))),
            errors=tuple(sorted(self.errors)),
            counts=self._counts(cases),
            refresh=self.preview,
            quiet_before=quiet_before,
            quiet=sum(self._may_be_over(case) and self._was_last_seen_before(quiet_before, case) for case in cases),
        )

    def _add_error(self, past, sentence):
        self.errors.append(LineError(past.line, sentence))

    def _ref(self, *parts):
        return self._refs(*parts)[0]

    def _refs(self, *parts):
        """The hashes under which a client, case or session may be stored."""
        if parts not in self.refs:
            self.refs[parts] = references(self.parsed.layout, *parts)
        return self.refs[parts]

    def _may_be_over(self, case):
        """Whether the case is new, and the file does not say whether the therapy goes on."""
        return case.pk is None and case.past.began_at is None and case.past.ended_at is None

    def _was_last_seen_before(self, day, case):
        return day is not None and case.last_at < self._at(day, time(0))

    # --- What is here already -----------------------------------------------------------------------------------------

    def _look_up(self, named):
        """Reads all rows that the file may be about. `named`: its clients, each with the therapist."""
        refs = {ref for client, therapist in named for ref in self.names.references(client, therapist)}
        clients = Client.objects.filter(practice=self.practice)
        self.clients = {client.external_ref: client.pk for client in rows_where_in(clients, "external_ref", refs)}
        keys = set(self.clients.values())
        rows = Episode.objects.select_related("therapist", "joined_into__therapist")
        episodes = list(rows_where_in(rows, "client", keys))
        # The sessions of one that was joined to another case are looked for there.
        self.episodes = {(e.client_id, e.external_ref): e.joined_into or e for e in episodes if e.external_ref}
        self.open_episodes = {
            (e.client_id, e.therapist_id): stays for e in episodes if (stays := e.joined_into or e).ends_at is None
        }
        self.pairs = {(e.client_id, e.therapist_id) for e in episodes}
        self.sessions = defaultdict(dict)  # episode -> ref -> therapy session
        self.starts = defaultdict(set)  # episode -> starts of sessions that are not voided
        keys = {episode.pk for episode in self.episodes.values()}
        for row in rows_where_in(TherapySession.objects.all(), "episode", keys):
            if row.external_ref:
                self.sessions[row.episode_id][row.external_ref] = row
            if row.voided_at is None:
                self.starts[row.episode_id].add(row.starts_at)
        self.ratings = defaultdict(list)  # session, rater -> ratings, with those that a correction replaced
        ratings = Rating.objects.filter(therapy_session__external_ref__isnull=False)
        for row in rows_where_in(ratings, "episode", keys):
            self.ratings[row.therapy_session_id, row.rater].append(row)

    # --- One case -----------------------------------------------------------------------------------------------------

    def _match_case(self, client, case, therapist, sessions):
        """The case of the file with the rows of this practice; None where it is wrong."""
        only_own = self.receiver.only_own
        meant = self.names.meant(client, therapist, clients=self.clients, pairs=self.pairs, only_own=only_own)
        episode = first_of(self.episodes, [(meant.pk, ref) for ref in self._refs(client, case)])
        ref = (episode and episode.external_ref) or self._ref(client, case)
        if episode and episode.therapist_id != therapist.pk:
            for past in sessions:
                self._add_error(past, _("This case is here already, with another therapist."))
            return None
        matched = self._match_sessions(sessions, episode)
        if not matched:
            return None
        starts = [therapy_session.starts_at for therapy_session in matched]
        starts += [self._at(past.case_day, time(0)) for past in sessions if past.case_day]
        of_case = self._past_case(client, case, matched, min(starts))
        return MatchedCase(
            client, meant.ref, meant.pk, ref, episode.pk if episode else None,
            therapist, of_case.began_at or min(starts), tuple(matched), of_case,
        )  # fmt: skip

    def _past_case(self, client, case, matched, first):
        """What the file says of the case, without ruptures that cannot be."""
        found = self.parsed.cases.get((client, case), NOTHING_OF_CASE)
        if found.ended_at and found.ended_at <= (found.began_at or first):
            self._add_error(matched[0].past, _("The case of this line ended before it began."))
            found = replace(found, ended_at=None, end_reason="", end_planned=None, end_agreed=None)
        if not found.ended_at:
            found = replace(found, end_planned=None, end_agreed=None)
        numbers = {therapy_session.past.number for therapy_session in matched}
        ruptures, is_one_open = [], False
        for rupture in found.ruptures:
            if rupture.opened not in numbers:
                self._add_error(rupture, _("The session that opened this rupture is left out."))
            elif rupture.state in Rupture.ACTIVE and is_one_open:
                self._add_error(rupture, _("Another rupture of this case is open; one at most can be."))
            elif rupture.closed_at and rupture.closed_at < rupture.opened_at:
                self._add_error(rupture, _("This rupture was over before it was opened."))
            else:
                is_one_open |= rupture.state in Rupture.ACTIVE
                ruptures.append(rupture)
        return replace(found, ruptures=tuple(ruptures))

    def _therapist(self, sessions):
        """The therapist of a case, and the sessions that name no other one."""
        therapist, first_line, agreeing = None, None, []
        for past in sessions:
            named = self.receiver.therapist(past.therapists, self.therapists)
            if named is None:
                self._add_error(past, _("This line names no therapist of this practice."))
            elif therapist not in (None, named):
                sentence = _("This case is another therapist's on line %(line)s; one case has one therapist.")
                self._add_error(past, sentence % {"line": first_line})
            else:
                therapist, first_line = named, first_line or past.line
                agreeing.append(past)
        return therapist, agreeing

    # --- Its sessions -------------------------------------------------------------------------------------------------

    def _match_sessions(self, sessions, episode):
        rows = self.sessions[episode.pk] if episode else {}
        starts = set(self.starts[episode.pk]) if episode else set()
        matched = []
        for past in sorted(sessions, key=lambda past: (past.day or past.starts_at.date(), past.number)):
            refs = self._refs(past.client, past.case, past.number)
            row = first_of(rows, refs)
            start = row.starts_at if row else self._start(past, starts)
            if sentence := self._conflict(past, row, start, starts, episode):
                self._add_error(past, sentence)
                continue
            starts.add(start)
            zone = row.zone if row else past.zone or self.practice.zone
            therapy_session = MatchedSession(past, refs[0], row.pk if row else None, start, zone)
            ratings = self._new_ratings(therapy_session, row)
            if ratings is not None:
                matched.append(replace(therapy_session, new_ratings=ratings))
        return matched

    def _start(self, past, starts):
        """The instant of the file; else noon of its day, or the next free minute."""
        start = past.starts_at or self._at(past.day, NOON)
        while past.day and start in starts:
            start += timedelta(minutes=1)
        return start

    def _at(self, day, clock):
        return datetime.combine(day, clock, tzinfo=self.zone).astimezone(UTC)

    def _conflict(self, past, row, start, starts, episode):
        """A sentence of what here contradicts a session of the file; empty for nothing."""
        if row is None and start in starts:
            return _("There is another session of this case at the same time.")
        if row is None and episode and episode.ends_at and start >= episode.ends_at:
            return _("This case had ended here by then.")
        if row and past.day and past.day != start.astimezone(ZoneInfo(row.zone)).date():
            return _("This session is here already, on another day.")
        if row and past.starts_at and past.starts_at != start:
            return _("This session is here already, at another time.")
        return ""

    def _new_ratings(self, therapy_session, row):
        """The session's ratings that are not here yet; None where one has other answers."""
        new = []
        for past in therapy_session.past.ratings:
            instrument, definition = self.instruments[past.instrument]
            scored = self._scored(past, definition)
            ratings = self.ratings[row.pk, past.rater] if row else []
            if any(_is_same(rating, instrument, scored) for rating in ratings):
                continue
            if ratings:
                # What is here may have been corrected or discussed since: a file never writes over it.
                self.errors.append(LineError(past.line, _("This rating is here already, with other answers.")))
                return None
            if row is None or row.voided_at is None:
                new.append(NewRating(past, instrument, scored, past.answered_at or therapy_session.ends_at))
        return tuple(new)

    def _scored(self, past, definition):
        if past.line not in self.scored_answers:  # no two ratings begin on one line
            self.scored_answers[past.line] = _scored(past, definition)
        return self.scored_answers[past.line]

    # --- At most one open case of the same two people -----------------------------------------------------------------

    def _keep_one_open_case(self, cases):
        """The cases, with one open at most for a client and a therapist.

        Of several new ones the latest stays open, unless it was last seen long ago; the others end with their last
        session. One that is open here
        already stays as it is: a person ends it, not a file.
        """
        by_pair = defaultdict(list)
        for case in cases:
            if case.pk is None and not case.past.ended_at:
                by_pair[case.client_ref, case.therapist.pk].append(case)
        refused, ended = set(), {case.ref for case in cases if case.past.ended_at}
        for new_cases in by_pair.values():
            new_cases.sort(key=lambda case: case.last_at)
            open_episode = self.open_episodes.get((new_cases[0].client_pk, new_cases[0].therapist.pk))
            if open_episode is None:
                ended |= {case.ref for case in new_cases[:-1]}
                may_be_over = filter(self._may_be_over, new_cases)
                ended |= {case.ref for case in may_be_over if self._was_last_seen_before(self.end_before, case)}
                continue
            for case in new_cases:
                if case.last_at < open_episode.starts_at:
                    ended.add(case.ref)
                    continue
                refused.add(case.ref)
                for therapy_session in case.sessions:
                    self._add_error(
                        therapy_session.past,
                        _("Another case of this client with this therapist is open; end it first."),
                    )
        return [replace(case, is_over=case.ref in ended) for case in cases if case.ref not in refused]

    def _counts(self, cases):
        sessions = [therapy_session for case in cases for therapy_session in case.sessions]
        ratings = sum(len(therapy_session.past.ratings) for therapy_session in sessions)
        new_ratings = sum(len(therapy_session.new_ratings) for therapy_session in sessions)
        clients = {case.client_ref: case.client_pk for case in cases}
        return Counts(
            clients=_count(clients.values()),
            episodes=_count(case.pk for case in cases),
            sessions=_count(therapy_session.pk for therapy_session in sessions),
            ratings=Count(new=new_ratings, known=ratings - new_ratings),
            left_out=len({error.line for error in self.errors}),
        )


def first_of(rows, keys):
    """The row of the first key that has one; None without any."""
    return next((rows[key] for key in keys if key in rows), None)


def _only_new(case):
    """The case with the sessions in which something is new; None without any."""
    sessions = tuple(row for row in case.sessions if row.pk is None or row.new_ratings)
    return replace(case, sessions=sessions) if sessions else None


def _count(keys):
    keys = list(keys)
    return Count(new=keys.count(None), known=len(keys) - keys.count(None))


def batched(keys):
    """Yields the keys in order, as many at once as fit into one statement."""
    keys = sorted(keys)
    for first in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[first : first + KEYS_AT_ONCE]


def rows_where_in(queryset, name, keys):
    for batch in batched(keys):
        yield from queryset.filter(**{f"{name}__in": batch})


def _scored(past, definition):
    """The answers and scores of a rating; a total alone has no answers."""
    items = len(definition.items)
    if past.total is not None:
        scores = score_total(float(past.total), definition.lowest * items, definition.highest * items)
        return ScoredAnswers({}, Scored(dict.fromkeys(Pillar), scores, 0, items))
    answers = {item: int(value) if value == int(value) else float(value) for item, value in past.answers.items()}
    return ScoredAnswers(answers, score(answers, definition))


def _is_same(rating, instrument, scored):
    return (rating.instrument_id, rating.answers) == (instrument.pk, scored.answers) and (
        bool(rating.answers) or rating.overall_pomp == scored.scores.scores.overall
    )
