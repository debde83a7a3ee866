"""A second, small practice of the demo, which takes part in a study of the flags.

It rates first, shows no flags, and has clients of whom some agreed that their scores go into the study. So the practice
of the stories can show its flags.
"""

from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from uuid import NAMESPACE_URL, uuid5

from django.db import transaction

from alliance import audit
from alliance.clients.wordings import wording_in_force
from alliance.crypto import keyed_hash
from alliance.models import Client, Consent, DataKey, Practice, TherapistForm
from ratings.demo.calendar import ZONE, Calendar
from ratings.demo.courses import Course, CourseSession
from ratings.demo.people import HERE_FOR, STUDY_MEMBERS, add_members, address_of
from ratings.demo.write import Writer
from ratings.detection.stored import LONG_AGO
from ratings.models import DetectorVersion
from ratings.psychometrics.assess import freeze
from ratings.psychometrics.evidence import Version
from sessions.models import Attendance

CODE = uuid5(NAMESPACE_URL, "seed_study_demo")  # so that the practice is found again
RATES_FIRST_FOR = timedelta(days=60)
PLANNED = CourseSession(attendance=Attendance.PLANNED)

WAITS = Course(
    name="Sedge",
    therapist=0,
    hour="10:00",
    weekday=1,
    goals=("We are working on sleeping through so that I can drive to work again.",),
    sessions=(
        CourseSession("32 33 33", "32 32 33"),
        CourseSession("33 33 33", "33 32 33"),
        CourseSession("33 33 33", "33 33 33", "I slept four nights out of seven."),
        CourseSession("33 33 34", "33 33 33"),
        CourseSession("33 32 33", None, "I did the list, but not the last page."),  # read once the own rating is in
    ),
    weeks_ahead=2,
)
HIDDEN_FLAG = Course(
    name="Osier",
    therapist=0,
    hour="12:00",
    weekday=2,
    goals=("We are working on saying no so that the week has an evening of my own.",),
    sessions=(
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("33 32 33", "33 32 33"),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("33 33 34", "33 33 33"),
        CourseSession("33 33 33", "33 33 33"),
        CourseSession("22 10 22", "33 22 33", "I am not sure what we are doing."),
        CourseSession("22 01 22", "32 22 32"),
        PLANNED,
    ),
)
NOT_IN_THE_STUDY = Course(
    name="Campion",
    therapist=0,
    hour="14:00",
    weekday=3,
    goals=("We are working on the move so that the children arrive in a home.",),
    sessions=(
        CourseSession("33 33 33", "32 33 33"),
        CourseSession("33 34 33", "33 33 33"),
        CourseSession("33 33 34", "33 33 33"),
        PLANNED,
    ),
)
COURSES = (WAITS, HIDDEN_FLAG, NOT_IN_THE_STUDY)
IN_THE_STUDY = (WAITS, HIDDEN_FLAG)


@transaction.atomic
def fill_study(today: date) -> Practice | None:
    """Makes the practice of the study; None where it is there."""
    if Practice.objects.filter(code=CODE).exists():
        return None
    midnight = datetime.combine(today, time(), ZONE)
    practice = Practice.objects.create(
        code=CODE,
        name="Weir House",
        zone=ZONE.key,
        crisis_phone="01632 960 118",  # a range that Ofcom keeps free for drama
        emergency_phone="112",
        therapist_form=TherapistForm.THREE,
        rates_first_since=midnight - RATES_FIRST_FOR,
        live_at=midnight - HERE_FOR,
        data_key=DataKey.objects.create(created_at=midnight),
        created_at=midnight,
    )
    DetectorVersion.objects.create(practice=practice, valid_from=LONG_AGO, **asdict(freeze(Version(shadow=True))))
    therapist, _manager = add_members(practice, STUDY_MEMBERS, midnight - HERE_FOR)
    writer = Writer(practice, [therapist], Calendar([therapist], today), seed=4)
    writer.write(COURSES)
    hashes = [keyed_hash("email", address_of(course.name)) for course in IN_THE_STUDY]
    Consent.objects.bulk_create(
        Consent(
            client=client,
            purpose=Consent.Purpose.STUDY,
            text_version=wording_in_force(Consent.Purpose.STUDY).version,
            text_hash=wording_in_force(Consent.Purpose.STUDY).sha256,
            given_at=client.created_at,
            recorded_by=therapist,
        )
        for client in Client.objects.filter(practice=practice, email_hash__in=hashes)
    )
    audit.record(audit.Verb.CREATED, practice, practice=practice, count=len(COURSES))
    return practice
