"""One list of pictures: what the browser takes, what is in docs/images, and what the pages show."""

from tests.e2e.test_docs_pictures import IMAGES, PICTURES
from tests.test_docs import PAGES, images


def test_the_pictures_are_those_that_the_browser_takes_and_each_is_on_a_page():
    there = {file.resolve() for file in IMAGES.iterdir()}
    taken = {(IMAGES / f"{name}.png").resolve() for name in PICTURES}
    shown = {(file.parent / address).resolve() for file in PAGES for address, alt in images(file.read_text())}
    assert there == taken == shown


def test_every_picture_has_a_text_for_who_cannot_see_it():
    assert [address for file in PAGES for address, alt in images(file.read_text()) if not alt.strip()] == []
