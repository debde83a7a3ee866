"""A question is put forward for supervision, and taken back."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from alliance import access
from alliance.access import get_visible_or_404
from alliance.models import Episode
from alliance.models.episode import EPISODE_NEEDS, OF_EPISODE
from alliance.people.supervisors import supervisors_of
from alliance.refusal import Refused
from alliance.requests import posted, require_page_or_post
from ratings.check_in.rate_first import check_rated
from ratings.models import SupervisionQuestion
from ratings.supervision.actions import ask_for_supervision, withdraw_question
from ratings.supervision.forms import QuestionForm
from ratings.supervision.queries import kinds_of, questions_of
from ratings.supervision.words import prompts_for

ON_THE_LIST = gettext_lazy("Your question is on the list for supervision.")
NO_LIST_YET = gettext_lazy("Saved. Nobody supervises this case now; whoever comes to supervise it reads your question.")


@require_page_or_post
def supervision_ask(request, code):
    episode = get_visible_or_404(Episode.objects.select_related(*EPISODE_NEEDS), request.user, code=code)
    editor = access.check_edit(request.user, episode)
    check_rated(episode, request.user)
    form = QuestionForm(posted(request))
    has_supervisor = bool(supervisors_of(episode))
    if form.is_valid():
        try:
            ask_for_supervision(editor=editor, text=form.cleaned_data["question"])
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, ON_THE_LIST if has_supervisor else NO_LIST_YET)
            return redirect("ratings:case", episode.code)
    context = {
        "form": form,
        "episode": episode,
        "question": questions_of([episode.pk]).get(episode.pk),
        "has_supervisor": has_supervisor,
        "all_prompts": prompts_for(kinds_of([episode.pk]).values()),
    }
    status = 422 if form.errors else 200
    return render(request, "ratings/supervision/supervision_ask.html", context | {"section": "cases"}, status=status)


@require_POST
def supervision_withdraw(request, code):
    questions = SupervisionQuestion.objects.select_related(*OF_EPISODE)
    question = get_visible_or_404(questions, request.user, code=code)
    withdraw_question(editor=access.check_edit(request.user, question.episode), question=question)
    messages.success(request, _("Taken back. It is off the list."))
    return redirect("ratings:case", question.episode.code)
