"""How soon a check-in can be answered on a slow phone: Chromium with the network and the processor held back.

The times are written down and not judged, as they hang on the machine. The browser tests hold requests and bytes.
"""

import statistics

import pytest
from playwright.sync_api import sync_playwright

from tests.e2e.conftest import PHONE
from tests.e2e.find_chromium import find
from tests.evidence.test_faults import SET_UP

pytestmark = [pytest.mark.evidence, pytest.mark.sqlite]
LOADS = 11
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 1_600_000 / 8, "uploadThroughput": 750_000 / 8}
CPU_TIMES = 4
SENT = "() => [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')]"
READY = "() => performance.getEntriesByType('navigation')[0].loadEventEnd"


def loaded(browser, address, *, slow):
    """Milliseconds until all of the page was there and its first answer could be picked; requests; bytes."""
    context = browser.new_context(viewport=PHONE, has_touch=True)  # a new one has nothing in its cache
    page = context.new_page()
    protocol = context.new_cdp_session(page)
    if slow:
        protocol.send("Network.enable")
        protocol.send("Network.emulateNetworkConditions", SLOW)
        protocol.send("Emulation.setCPUThrottlingRate", {"rate": CPU_TIMES})
    page.goto(address, wait_until="load")
    page.wait_for_function(f"({READY})() > 0")
    milliseconds = page.evaluate(READY)
    page.locator("input[type=radio]").first.check(force=True)
    sizes = page.evaluate(f"({SENT})().map(entry => entry.transferSize)")
    context.close()
    return milliseconds, len(sizes), sum(sizes)


def in_words(times):
    return f"{statistics.median(times):.0f} ms ({min(times):.0f} to {max(times):.0f})"


def test_a_check_in_on_a_slow_phone(gunicorn_server, record_property):
    tokens = [line for line in gunicorn_server.python(SET_UP.format(links=20)).split() if len(line) == 43]
    address = f"{gunicorn_server.url}/c/{tokens[0]}/"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=find(), args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        loaded(browser, address, slow=False)  # the server's own first page
        slow, quick = [], []
        for _load in range(LOADS):
            slow.append(loaded(browser, address, slow=True))
            quick.append(loaded(browser, address, slow=False))
        browser.close()
    record_property("1.6 Mbit/s, 150 ms, processor held back 4 times", in_words([row[0] for row in slow]))
    record_property("not held back", in_words([row[0] for row in quick]))
    record_property("requests, bytes", slow[0][1:])
    assert statistics.median(row[0] for row in slow) > 2 * statistics.median(row[0] for row in quick), "the control"
