"""What the database holds, as plain values to compare: keys, codes and tokens left out."""

from alliance.models import Episode, Membership
from ratings.models import Assessment, CheckIn, Delivery, Rating, Rupture, Standing
from sessions.models import Goal, PrivateNote, Task, TherapySession

KEYS = {"id", "code"}
WHEN = {"assessed_at", "updated_at"}  # the moment of the replay


def rows_of(model, without=KEYS | WHEN, **where):
    """All rows of a model as dictionaries, in an order of their own."""
    rows = [
        {name: value for name, value in row.items() if name not in without}
        for row in model.objects.filter(**where).values()
    ]
    return sorted(rows, key=repr)


def what_follows(**where):
    """Everything that a replay writes."""
    return {
        "assessments": rows_of(Assessment, **where),
        "ruptures": rows_of(Rupture, **where),
        "standings": rows_of(Standing, without={"rupture_id"} | WHEN, **where),
        "flagged": sorted(Standing.objects.filter(**where).values_list("episode", "rupture__opened_session"), key=repr),
    }


def names_scores_and_times():
    """The demo practice as a reader sees it, with every text opened."""
    members = [
        (m.user.email, m.display_name, m.is_therapist, m.is_supervisor, m.is_manager, m.starts_at)
        for m in Membership.objects.select_related("user", "practice__data_key")
    ]
    episodes = []
    for episode in Episode.objects.select_related("client__data_key", "therapist__user", "standing__rupture"):
        key, mine = episode.client.data_key, {"episode": episode}
        episodes.append(
            {
                "name": episode.client.display_name,
                "email": episode.client.email.open(key) if episode.client.email else "",
                "paused": str(episode.client.paused_until),
                "with": episode.therapist.user.email,
                "times": (episode.starts_at, episode.ends_at, episode.end_reason, episode.end_planned),
                "since": (
                    episode.client.created_at,
                    *episode.client.consents.order_by("purpose").values_list("given_at", "withdrawn_at"),
                ),
                "goals": sorted((goal.agreed_at, goal.text.open(key)) for goal in Goal.objects.filter(**mine)),
                "tasks": sorted((task.agreed_at, task.activity.open(key)) for task in Task.objects.filter(**mine)),
                "notes": sorted((n.written_at, n.text.open(key)) for n in PrivateNote.objects.filter(**mine)),
                "sessions": sorted(
                    (row.starts_at, row.ends_at, row.mode, row.attendance, str(row.logged_at))
                    for row in TherapySession.objects.filter(**mine)
                ),
                "messages": sorted(
                    (row.kind, row.due_at, str(row.sent_at), str(row.failed_at), str(row.dropped_at))
                    for row in Delivery.objects.filter(**mine)
                ),
                "asked": sorted((row.created_at, str(row.read_at)) for row in CheckIn.objects.filter(**mine)),
                "ratings": sorted(
                    (
                        rating.received_at,
                        rating.rater,
                        sorted(rating.answers.items()),
                        rating.overall_pomp,
                        rating.comment.open(key) if rating.comment else "",
                        rating.comment_for,
                    )
                    for rating in Rating.objects.filter(**mine)
                ),
                "ruptures": sorted(
                    (r.opened_at, str(r.closed_at), r.state, r.pillars) for r in Rupture.objects.filter(**mine)
                ),
                "standing": (episode.standing.overall_pomp, episode.standing.attention, episode.standing.notes),
            }
        )
    return sorted(members), sorted(episodes, key=lambda episode: episode["name"])
