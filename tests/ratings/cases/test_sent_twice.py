from django.urls import reverse


def test_a_form_sent_twice_makes_one_case_and_one_goal(http, dana, juniper, instruments):
    http.force_login(dana.user)
    for _twice in range(2):
        case = http.post(reverse("ratings:case-create"), {"name": "Heron", "consents_to_check_ins": "on"})
        goal = http.post(reverse("ratings:goal-agree", args=[juniper.code]), {"text": "We are working on sleep."})
        assert (case.status_code, goal.status_code) == (302, 302)
    assert dana.episodes.exclude(pk=juniper.pk).count() == 1
    assert juniper.goals.count() == 1
