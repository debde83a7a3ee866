"""The questions about a repair: did you two talk about it, and did it help?"""

from ratings.models import CheckIn, RepairStep, Rupture
from sessions.models import TherapySession


def asks_about_repair(therapy_session: TherapySession) -> bool:
    """Whether a repair is on since an earlier session, is told, and a step of it was planned or taken."""
    active = Rupture.objects.told().filter(
        episode=therapy_session.episode_id,
        state__in=Rupture.ACTIVE,
        opened_session__starts_at__lt=therapy_session.starts_at,
    )
    return RepairStep.objects.filter(rupture__in=active, taken_back_at__isnull=True).exists()


def still_asks_about_repair(check_in: CheckIn) -> bool:
    """Whether a check-in that was made with these questions has them now."""
    return check_in.asks_about_repair and asks_about_repair(check_in.therapy_session)
