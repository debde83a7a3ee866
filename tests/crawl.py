"""Follows every link of the program as one person does, and reads all that comes back: headers, pages, files."""

import io
import re
import zipfile
from html import unescape

from alliance.drafts.filling import Page
from alliance.drafts.shown import FIELD
from tests.browsers import taken_back
from tests.test_typed_text import filled_in

LINK = re.compile(r'\s(?:href|action|src|hx-get|data-[\w-]+)="(/[^"#]*)')
AT_MOST = 2  # addresses of one page that differ in what stands behind the question mark
NOT_OURS = ("/static/",)
NOT_SENT = ("csrfmiddlewaretoken", FIELD)  # `FIELD` says to whom a form was shown, and is asked for before all else


def text_of(body):
    """What somebody can read of a file; an archive is opened."""
    if body[:2] != b"PK":
        return body.decode(errors="replace")
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return "\n".join(f"{name}\n{text_of(archive.read(name))}" for name in archive.namelist())


def read(answer):
    """Everything that an answer tells, by where it stands."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    headers = "\n".join(f"{name}: {value}" for name, value in answer.items())
    return {"a header": headers + answer.cookies.output(), "the answer": text_of(body)}


class Crawl:
    """What one browser is told: for each address what came back, and the pages that it was led to."""

    def __init__(self, browser):
        self.browser = browser
        self.told = {}  # (method, address) -> where in the answer -> text
        self.statuses = {}

    def everything(self):
        """Where something was told, and what."""
        for (method, address), told in self.told.items():
            for part, text in told.items():
                yield f"{part} of {method} {address}: {self.statuses[method, address]}", text

    def ask(self, address, method="get", sent=None):
        """Asks and takes back whatever it did; the text of the page."""
        with taken_back(self.browser):
            self.browser.cookies["csrftoken"] = "a" * 32
            answer = getattr(self.browser, method)(address, sent, headers={"X-CSRFToken": "a" * 32})
            self.told[method, address] = read(answer)
        self.statuses[method, address] = answer.status_code
        self.told[method, address]["the answer"] += "\n" + answer.get("Location", "")
        return self.told[method, address]["the answer"]

    def follow(self, *starts):
        """From these addresses wherever their links lead."""
        waiting, seen, variants = list(starts), set(), {}
        while waiting:
            address = waiting.pop(0)
            path = address.split("?")[0]
            variants[path] = variants.get(path, 0) + 1
            if address in seen or variants[path] > AT_MOST or path.startswith(NOT_OURS):
                continue
            seen.add(address)
            page = self.ask(address)
            status = self.statuses["get", address]
            waiting += [unescape(link) for link in LINK.findall(page)]
            if status in (301, 302, 303):
                waiting.append(page.rsplit("\n", 1)[-1])
        return self

    def fill_in(self):
        """Sends every form of the pages that were shown, with something in each box."""
        for address, form in self.forms().items():
            if not address.startswith("/accounts/"):
                sent = {name: value for name, value in filled_in(form).items() if name not in NOT_SENT}
                self.ask(address, "post", sent)
        return self

    def forms(self):
        """Of every page that was shown, the forms that change something: the address of each, and the form."""
        found = {}
        for (method, address), told in list(self.told.items()):
            if method == "get" and self.statuses[method, address] == 200 and "<form" in told["the answer"]:
                for form in Page(told["the answer"], address).forms:
                    if (form.attributes.get("method") or "").lower() == "post":
                        found.setdefault(form.attributes.get("action") or address, form)
        return found
