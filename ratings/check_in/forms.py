"""Forms of answers, with the questions of an instrument, and of what is asked."""

from dataclasses import replace
from datetime import datetime, time

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from alliance.clients.wordings import wording_in_force, wordings_mark
from alliance.form_fields import DayField, PlainTextField
from alliance.models import CheckInFormChoice, Consent
from alliance.requests import say_overtaken
from ratings.check_in.answers import ClientAnswers, PlanAnswer, PlanAnswers
from ratings.check_in.instrument_choice import definition_of
from ratings.check_in.plan_questions import plan_questions
from ratings.check_in.repair_questions import still_asks_about_repair
from ratings.models import CanSay, Helped, Rating, StillRight
from ratings.psychometrics.evidence import Rater

LONGEST_COMMENT = 5000
NOT_AN_ANSWER = _("Choose one of the answers, or leave it out.")


class Tampered(Exception):
    """The form was sent with fields that it does not have."""


class QuestionsMixin:
    """Adds one question for each item of an instrument.

    The answers are labelled, none is preselected, and each question may be skipped.
    """

    def add_questions(self, text, rater):
        """Adds the questions of an instrument's text, as this rater is asked them."""
        self.instrument = definition_of(text.instrument)
        wording = text.text[rater]
        answers = list(zip(range(self.instrument.lowest, self.instrument.highest + 1), wording["answers"], strict=True))
        for item in self.instrument.items:
            self.fields[item.id] = forms.TypedChoiceField(
                label=wording["items"][item.id],
                choices=answers,
                coerce=int,
                empty_value=None,
                required=False,
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": NOT_AN_ANSWER},
            )

    @property
    def questions(self):
        """The bound fields of the questions, in order."""
        return [self[item.id] for item in self.instrument.items]

    @property
    def answers(self):
        """Item id to answer; a skipped item is absent."""
        answers = ((item.id, self.cleaned_data.get(item.id)) for item in self.instrument.items)
        return {item: answer for item, answer in answers if answer is not None}


class YesNoField(forms.TypedChoiceField):
    """Two answers, neither of them chosen; left out is None."""

    def __init__(self, *, label, no, yes):
        super().__init__(
            label=label,
            choices=[("no", no), ("yes", yes)],
            coerce=lambda answer: answer == "yes",
            empty_value=None,
            required=False,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": NOT_AN_ANSWER},
        )

    def prepare_value(self, value):
        return {True: "yes", False: "no"}.get(value, value)


class PlanChoiceField(forms.ChoiceField):
    """A question about a goal or a task, which the page shows in the words of the plan."""

    def __init__(self, about, *, asks, choices):
        super().__init__(
            label=_("“%(text)s” %(question)s") % {"text": about.text, "question": asks},
            choices=choices,
            required=False,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": NOT_AN_ANSWER},
        )
        self.about, self.asks = about, asks


class PlanMixin:
    """Adds the questions about the plan, where the check-in has any."""

    def add_plan(self, check_in):
        """Adds one question for each goal and task, and whether the client can say what the two work on."""
        self.plan = plan_questions(check_in)
        if not (self.plan.goals or self.plan.tasks):
            return
        self.fields["can_say"] = forms.ChoiceField(
            label=_("Can you say what you are working on?"),
            choices=CanSay,
            required=False,
            widget=forms.RadioSelect,
            error_messages={"invalid_choice": NOT_AN_ANSWER},
        )
        for goal in self.plan.goals:
            self.fields[f"goal_{goal.code}"] = PlanChoiceField(goal, asks=_("Still right?"), choices=StillRight)
        for task in self.plan.tasks:
            self.fields[f"task_{task.code}"] = PlanChoiceField(task, asks=_("Did it help?"), choices=Helped)

    @staticmethod
    def initial_of_plan(plan):
        """What was answered about the plan, by the names of the fields."""
        goals = {f"goal_{answer.code}": answer.answer for answer in plan.goals}
        tasks = {f"task_{answer.code}": answer.answer for answer in plan.tasks}
        return {"can_say": plan.can_say} | goals | tasks

    @property
    def plan_on_page(self):
        """The bound fields about the plan, in order; without what has ended since, unless it was answered."""
        if "can_say" not in self.fields:
            return []
        names = [f"goal_{goal.code}" for goal in self.plan.goals] + [f"task_{task.code}" for task in self.plan.tasks]
        fields = [self[name] for name in names]
        return [self["can_say"], *(field for field in fields if field.value() or not field.field.about.has_ended)]

    @property
    def plan_answers(self):
        def answered(kind, questions):
            given = [(question, self.cleaned_data.get(f"{kind}_{question.code}")) for question in questions]
            return tuple(PlanAnswer(question.code, question.revision, answer) for question, answer in given if answer)

        return PlanAnswers(
            can_say=self.cleaned_data.get("can_say", ""),
            goals=answered("goal", self.plan.goals),
            tasks=answered("task", self.plan.tasks),
        )


class ClientAnswersForm(PlanMixin, QuestionsMixin, forms.Form):
    """What a client is asked after a session, on a screen or on paper."""

    sentence_if_empty = _("Nothing is filled in yet.")
    tension = YesNoField(label=_("Was there any tension or misunderstanding today?"), no=_("No"), yes=_("Yes"))
    # Two answers and not three: a stored yes or no can't give "a little" back to a client who changes their answers.
    tension_talked_about = YesNoField(
        label=_("Did you talk about it?"), no=_("Not yet"), yes=_("Yes, at least a little")
    )
    tension_strength = forms.ChoiceField(
        label=_("How strong was it?"),
        choices=Rating.TensionStrength,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOT_AN_ANSWER},
    )
    repair_talked = YesNoField(
        label=_("Last time something did not quite fit. Did you two talk about it?"), no=_("No"), yes=_("Yes")
    )
    repair_helped = forms.ChoiceField(
        label=_("Did it help?"),
        choices=Rating.RepairHelped,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOT_AN_ANSWER},
    )
    bring_up = forms.ChoiceField(
        label=_("Is there something you would like your therapist to bring up?"),
        help_text=_("For your therapist, or who stands in for them. Their supervisor does not see it."),
        choices=Rating.BringUp,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": NOT_AN_ANSWER},
    )

    def clean(self):
        cleaned = super().clean()
        if self.errors:
            return cleaned
        if not cleaned["tension"]:
            cleaned["tension_talked_about"], cleaned["tension_strength"] = None, ""
        if not cleaned.get("repair_talked"):
            cleaned["repair_helped"] = ""
        said = (
            self.answers
            or self.plan_answers
            or cleaned.get("repair_talked") is not None
            or cleaned["comment"]
            or cleaned["bring_up"]
        )
        if not said and cleaned["tension"] is None:
            raise forms.ValidationError(self.sentence_if_empty)
        return cleaned

    def add_repair(self, *, asks):
        """Leaves the questions about a repair only where they are asked."""
        if not asks:
            del self.fields["repair_talked"], self.fields["repair_helped"]

    @property
    def repair_on_page(self):
        return [self["repair_talked"], self["repair_helped"]] if "repair_talked" in self.fields else []

    @property
    def client_answers(self):
        return ClientAnswers(
            items=self.answers,
            comment=self.cleaned_data["comment"],
            tension=self.cleaned_data["tension"],
            tension_talked_about=self.cleaned_data["tension_talked_about"],
            tension_strength=self.cleaned_data["tension_strength"],
            repair_talked=self.cleaned_data.get("repair_talked"),
            repair_helped=self.cleaned_data.get("repair_helped", ""),
            bring_up=self.cleaned_data["bring_up"],
            plan=self.plan_answers,
        )


class EmptyPlanForm(PlanMixin, forms.Form):
    """What a check-in asks about the plan, and nothing else: it is drawn for each client."""

    def __init__(self, *, check_in):
        super().__init__()
        self.add_plan(check_in)


class CheckInForm(ClientAnswersForm):
    """The page that a client's link opens."""

    sentence_if_empty = _("You haven't answered anything yet. Answer at least one question, then send.")
    comment = PlainTextField(
        label=_("Anything you want to say?"),
        help_text=_("Only if you like. Your therapist will read it."),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 4, "autocomplete": "off"}),
        error_messages={"max_length": _("This is longer than we can keep. Please shorten it.")},
    )
    share_comment = forms.BooleanField(label=_("My therapist's supervisor may read this too."), required=False)
    own_device = forms.BooleanField(required=False)

    def __init__(self, data=None, *, check_in, with_plan=True, **kwargs):
        """`with_plan`: with what the check-in asks about the plan, where it does."""
        super().__init__(data, **kwargs)
        self.add_questions(check_in.text, Rater.CLIENT)
        if with_plan:
            self.add_plan(check_in)
        # What was typed in a form that still had the questions is taken, and what was answered stays in sight.
        is_answered = self.is_bound or self.initial.get("repair_talked") is not None
        self.add_repair(asks=check_in.asks_about_repair if is_answered else still_asks_about_repair(check_in))
        unknown = set(data or ()) - set(self.fields) - {"csrfmiddlewaretoken"}
        if unknown:
            raise Tampered

    @classmethod
    def of(cls, answers, *, check_in):
        """An unbound form with the answers that a client sent before, to be changed."""
        initial = answers.items | {
            "tension": answers.tension,
            "tension_talked_about": answers.tension_talked_about,
            "tension_strength": answers.tension_strength,
            "repair_talked": answers.repair_talked,
            "repair_helped": answers.repair_helped,
            "bring_up": answers.bring_up,
            "comment": answers.comment,
            "share_comment": answers.comment_for == Rating.CommentFor.SUPERVISOR,
        }
        return cls(check_in=check_in, initial=initial | cls.initial_of_plan(answers.plan))

    @property
    def choices_on_page(self):
        """The bound fields that are answered by a choice, in the order of the page."""
        return [
            *self.questions,
            *self.plan_on_page,
            *self.repair_on_page,
            self["tension"],
            self["tension_strength"],
            self["tension_talked_about"],
            self["bring_up"],
        ]

    @property
    def client_answers(self):
        answers = super().client_answers
        if self.cleaned_data["share_comment"] and answers.comment:
            return replace(answers, comment_for=Rating.CommentFor.SUPERVISOR)
        return answers


CONSENT_BOXES = {
    "consents_to_check_ins": Consent.Purpose.CHECK_IN,
    "consents_to_history": Consent.Purpose.HISTORY,
    "consents_to_study": Consent.Purpose.STUDY,
}


class CheckInSettingsForm(forms.Form):
    """What one client is asked, and what they agreed to."""

    check_in_form = forms.ChoiceField(label=_("After a session"), choices=CheckInFormChoice, widget=forms.RadioSelect)
    asks_about_fit = forms.BooleanField(
        label=_("In sessions 1 to 3, ask the four questions about fit instead of the six."),
        help_text=_(
            "Am I heard, does the style suit me, am I safe, do we choose together? They do not go with the three "
            "questions for children. The usual range begins anew where the questions change."
        ),
        required=False,
    )
    consents_to_check_ins = forms.BooleanField(
        label=_("The client agreed to answer check-ins."),
        help_text=wording_in_force(Consent.Purpose.CHECK_IN).text,
        required=False,
    )
    consents_to_history = forms.BooleanField(
        label=_("The client agreed to see their own past answers through a link."),
        help_text=wording_in_force(Consent.Purpose.HISTORY).text,
        required=False,
    )
    consents_to_study = forms.BooleanField(
        label=_("The client agreed that their scores go into a study, without their name."),
        help_text=wording_in_force(Consent.Purpose.STUDY).text,
        required=False,
    )
    is_asked_again = forms.BooleanField(
        label=_("I read the new wording to the client, and they agree to it."),
        help_text=_("The wording has changed since. What the client agreed to holds until you ask."),
        required=False,
    )
    shown_agreed = forms.CharField(required=False, widget=forms.HiddenInput)  # purposes, with blanks between them
    shown_wordings = forms.CharField(required=False, widget=forms.HiddenInput)

    @property
    def ticked(self):
        """The purposes that the client agrees to, as the form says it."""
        return {purpose for box, purpose in CONSENT_BOXES.items() if self.cleaned_data[box]}

    @property
    def was_ticked(self):
        """Those that were ticked when the form was shown."""
        return set(self.cleaned_data["shown_agreed"].split()) & set(CONSENT_BOXES.values())

    def show_again(self, agreed, sentence):
        """Says that something changed meanwhile, and shows the boxes as that left them.

        Whoever ticks one after this sentence means it.
        """
        boxes = {box: "on" if purpose in agreed else "" for box, purpose in CONSENT_BOXES.items()}
        shown = {"shown_agreed": " ".join(sorted(agreed)), "shown_wordings": wordings_mark(), "is_asked_again": ""}
        self.data = self.data.dict() | boxes | shown
        say_overtaken(self, sentence)


class EnteredAnswersForm(ClientAnswersForm):
    """What a client answered on paper or by telephone, typed by the therapist."""

    day = DayField(label=_("Day on which the client answered"))
    comment = PlainTextField(
        label=_("What the client added"),
        help_text=_("In their own words. You read it, and whoever covers for you; a supervisor does not."),
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"}),
    )

    def __init__(self, *args, check_in, **kwargs):
        super().__init__(*args, **kwargs)
        self.therapy_session = check_in.therapy_session
        self.add_questions(check_in.text, Rater.CLIENT)
        self.add_plan(check_in)
        self.add_repair(asks=check_in.asks_about_repair)

    def clean_day(self):
        day = self.cleaned_data["day"]
        if day > timezone.localdate():
            raise forms.ValidationError(_("This date is in the future."))
        if day < timezone.localdate(self.therapy_session.starts_at):
            raise forms.ValidationError(_("The session had not been held by then."))
        return day

    @property
    def answered_at(self):
        """The instant for a day without an hour: noon, within the session's end and now."""
        noon = datetime.combine(self.cleaned_data["day"], time(12), timezone.get_current_timezone())
        return min(max(noon, self.therapy_session.ends_at), timezone.now())
