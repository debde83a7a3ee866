"""The page of a course: fit in the first sessions, the first three, in person or not, and the ending."""

from zoneinfo import ZoneInfo

from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from alliance import access, audit
from alliance.access import get_visible_or_404
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS
from ratings.check_in.rate_first import check_rated
from ratings.course.queries import course_of
from ratings.detection.history import held_sessions

EPISODES = Episode.objects.select_related(*EPISODE_NEEDS)


@require_safe
def course(request, code):
    episode = get_visible_or_404(EPISODES, request.user, code=code)
    audit.record(audit.Verb.READ, episode, by=request.user, practice=episode.client.practice)
    timezone.activate(ZoneInfo(episode.client.practice.zone))
    check_rated(episode, request.user)
    is_therapist = access.can_edit(request.user, episode)
    context = {
        "episode": episode,
        "course": course_of(held_sessions(episode)),
        "can_edit": is_therapist and episode.ends_at is None,
        "section": "cases" if is_therapist or access.can_log(request.user, episode) else "caseload",
    }
    return render(request, "ratings/course/course.html", context)
