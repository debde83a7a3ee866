"""A question for supervision: what is said about where it goes."""

from django.urls import reverse

from ratings.cases.actions import end_episode
from ratings.detection.reassess import reassess
from ratings.models import SupervisionQuestion
from ratings.supervision.actions import ask_for_supervision
from tests.factories import editor_of


def ask(http, episode):
    address = reverse("ratings:supervision-ask", args=[episode.code])
    return http.post(address, {"question": "Too easy?"}, follow=True)


def said(page):
    return [str(message) for message in page.context["messages"]]


def test_where_nobody_supervises_the_case_no_list_is_promised(http, dana, juniper):
    reassess(juniper)
    http.force_login(dana.user)
    page = http.get(reverse("ratings:supervision-ask", args=[juniper.code]))
    assert "Nobody supervises this case now." in page.text
    expected = "Saved. Nobody supervises this case now; whoever comes to supervise it reads your question."
    assert said(ask(http, juniper)) == [expected]


def test_where_somebody_supervises_the_case_it_is_on_the_list(http, dana, sam, juniper):
    reassess(juniper)
    http.force_login(dana.user)
    assert "Nobody supervises" not in http.get(reverse("ratings:supervision-ask", args=[juniper.code])).text
    assert said(ask(http, juniper)) == ["Your question is on the list for supervision."]


def test_no_question_is_put_forward_about_a_therapy_that_has_ended(http, dana, sam, juniper):
    ask_for_supervision(editor=editor_of(juniper), text="Before?")
    end_episode(editor=editor_of(juniper), reason="completed")
    http.force_login(dana.user)
    page = ask(http, juniper)
    assert page.status_code == 422
    assert "This therapy has ended, so no supervision has it on a list." in page.text and "Too easy?" in page.text
    assert SupervisionQuestion.objects.count() == 1
    case = http.get(reverse("ratings:case", args=[juniper.code])).text
    assert reverse("ratings:supervision-ask", args=[juniper.code]) not in case and "Before?" in case
