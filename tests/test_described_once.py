"""What describes a box is read once: it is there, and it is no part of the label, which is read as well.

A hint beside a box to tick describes it: else nobody hears it who does not see it.
"""

from html.parser import HTMLParser

import pytest

from tests.browsers import browsers as browsers  # a fixture
from tests.browsers import close, taken_back
from tests.subjects import subjects as subjects  # a fixture
from tests.test_access_matrix import address, rows


class Described(HTMLParser):
    """The ids on a page, those within a label, those that describe a control, and the hints beside a box to tick."""

    def __init__(self, html):
        super().__init__()
        self.ids, self.in_labels, self.describing, self.labels = set(), set(), set(), 0
        self.hints, self.is_in_row = [], False
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        named = dict(attrs)
        self.labels += tag == "label"
        if "id" in named:
            self.ids.add(named["id"])
            if self.labels:
                self.in_labels.add(named["id"])
        self.describing.update((named.get("aria-describedby") or "").split())
        classes = (named.get("class") or "").split()
        self.is_in_row |= "check" in classes
        if self.is_in_row and "hint" in classes:
            self.hints.append(named.get("id"))

    @property
    def mute(self):
        """The hints beside a box to tick that describe nothing."""
        return [one for one in self.hints if one not in self.describing]

    def handle_endtag(self, tag):
        self.labels -= tag == "label"
        self.is_in_row &= tag != "p"


def test_a_description_within_a_label_is_found():
    page = Described('<label>A <i id="a">x</i></label><p id="b"></p><input aria-describedby="a b c">')
    assert (page.describing & page.in_labels, page.describing - page.ids) == ({"a"}, {"c"})


def test_a_hint_beside_a_box_that_describes_nothing_is_found():
    row = '<p class="row check"><input aria-describedby="a"><i class="hint" id="a">x</i><i class="hint">y</i></p>'
    page = Described(row + '<p><i class="hint">z</i></p>')
    assert page.mute == [None]


@pytest.mark.sqlite  # it reads the words of pages, which are the same on both
def test_what_describes_a_box_is_there_and_outside_its_label(subjects, browsers):
    wrong, described = [], 0
    for name, subject, on_get, _on_post in rows():
        for reader in ("anonymous", "dana", "sam", "mona", "link"):
            if on_get[reader] != 200 or (name.startswith("links:") and reader not in ("anonymous", "link")):
                continue
            with taken_back(browsers[reader]):
                answer = browsers[reader].get(address(name, subject, subjects))
            if answer.streaming:
                close(answer)
                continue
            page = Described(answer.text)
            described += len(page.describing)
            place = f"{name} {subject} as {reader}"
            wrong += [f"{place}: {one} is in a label" for one in page.describing & page.in_labels]
            wrong += [f"{place}: {one} is not there" for one in page.describing - page.ids]
            wrong += [f"{place}: the hint {one or 'without an id'} describes nothing" for one in page.mute]
    assert not wrong, "\n".join(wrong)
    assert described > 50
