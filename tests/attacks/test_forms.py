"""Markup in every box of every form: neither the form that comes back with its errors nor what follows runs any."""

from django.conf import settings
from django.urls import resolve

from alliance.drafts.filling import Page
from tests.attacks.markup import MARK, read, strings
from tests.browsers import browsers as browsers  # a fixture
from tests.browsers import close, taken_back
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows
from tests.test_typed_text import TYPED

EVERY = " ".join(strings(520, seed=7))
SHORT = f"\"'><img src=x onerror=alert({MARK})>"  # what every box takes, so that something is stored and said of it
FILLERS = ("anonymous", "dana", "sam", "mona", "link")
TEXTS = ("text", "search", "tel", "url", "textarea", "password")


def everywhere(control):
    return EVERY


def in_texts(text):
    """Where somebody can type, and in every other box what it offers or takes."""

    def value(control):
        kind = control.kind if control.tag == "input" else control.tag
        if kind in TEXTS:
            return text
        return control.options[-1].value if control.options else control.value or TYPED.get(kind, "on")

    return value


def forms(subjects, browsers):
    """Every form that there is, each once: whose browser, on which page, and the form."""
    seen = set()
    for name, subject, on_get, _on_post in rows():
        for persona in FILLERS:
            if on_get[persona] != 200:
                continue
            path = address(name, subject, subjects)
            with taken_back(browsers[persona]):
                answer = browsers[persona].get(path)
            if answer.streaming:
                close(answer)
                continue
            for form in Page(answer.text, path).forms:
                action = form.attributes.get("action") or path
                key = name, resolve(action.partition("?")[0]).view_name, tuple(sorted(form.names))
                if form.can_be_filled and key not in seen:
                    seen.add(key)
                    yield f"{name} {subject} as {persona}", browsers[persona], path, form


def answers(browser, path, form, value):
    """What comes of sending a form, to the page that it leads to."""
    action, headers = form.attributes.get("action") or path, {"X-CSRFToken": "a" * 32}
    sent = {control.name: value(control) for control in form.controls if control.name and control.tag != "button"}
    sent.pop("csrfmiddlewaretoken", None)
    with taken_back(browser):
        browser.cookies[settings.CSRF_COOKIE_NAME] = "a" * 32
        browser.raise_request_exception = False
        is_post = form.attributes.get("method", "get").lower() == "post"
        answer = (browser.post if is_post else browser.get)(action, sent, headers=headers)
        yield answer
        if answer.status_code in (302, 303):
            yield browser.get(answer.url)


def test_no_form_that_comes_back_runs_what_was_typed(subjects, browsers):
    wrong, sent, shown = [], 0, 0
    for place, browser, path, form in forms(subjects, browsers):
        sent += 1
        for value in (everywhere, in_texts(EVERY), in_texts(SHORT)):
            for answer in answers(browser, path, form, value):
                found, times = read(answer.text)
                shown += times > 0
                wrong += [f"{place}: {one}" for one in found]
                wrong += [f"{place}: {answer.status_code}"] if answer.status_code >= 500 else []
                wrong += [f"{place}: {name}: {text[:80]}" for name, text in answer.headers.items() if "<" in text]
    assert not wrong, f"{len(wrong)} places\n" + "\n".join(wrong[:30])
    assert sent > 40 and shown > 60, (sent, shown)
