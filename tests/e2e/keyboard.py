"""A hand that has no mouse."""

from playwright.sync_api import expect

MOST_TABS = 120  # to anything on a page, from its top
MOST_STEPS = 25  # from what was just done or typed to what comes next


def tab_to(page, place):
    """Goes to a link, a box or a button by Tab alone, from the top of the page: it is in sight then, with a ring."""
    page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    go_on_to(page, place, MOST_TABS)


def go_on_to(page, place, most=MOST_STEPS, key="Tab"):
    """Goes on to it from where the focus is; with `key="Shift+Tab"` back."""
    for _step in range(most):
        page.keyboard.press(key)
        if place.evaluate("place => place === document.activeElement"):
            break
    expect(place).to_be_focused()
    expect(place).to_be_in_viewport()
    assert place.evaluate("place => place.matches(':focus-visible')")


def press(page, place, key="Enter"):
    """Goes there, and on to the page that it leads to."""
    tab_to(page, place)
    with page.expect_navigation():
        page.keyboard.press(key)


def go_on_and_press(page, place, key="Enter"):
    """As `press`, from where the focus is."""
    go_on_to(page, place)
    with page.expect_navigation():
        page.keyboard.press(key)


def fill(page, place, text):
    """Goes to a box and types; what stood there is replaced."""
    tab_to(page, place)
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type(text)


def choose(page, place, name):
    """Picks what begins so in a list, by typing it."""
    tab_to(page, place)
    page.keyboard.type(name)


def hears(page, text):
    """What was done is said, in sight, and the focus is there: Tab goes on into the page."""
    said = page.get_by_role("status").filter(has_text=text)
    expect(said).to_be_focused()
    expect(said).to_be_in_viewport()


def is_led_to(page, place):
    """What is wrong is said where the focus is, and its first line leads to the box that is wrong."""
    expect(page.locator("#errors")).to_be_focused()
    expect(page.locator("#errors")).to_be_in_viewport()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(place).to_be_focused()
    expect(place).to_be_in_viewport()
