"""What the first visit of a page costs a phone."""

import gzip

from tests.e2e.conftest import is_foreign

MOST_BYTES, MOST_REQUESTS = 60_000, 6


def light_first_visit(page, address):
    """Opens the page and gives its bytes; it has to be light, and asks nobody else for anything.

    The page as it is sent, and what else it needs as WhiteNoise compresses it on a served installation.
    """
    answers = []
    page.on("response", lambda response: answers.append(response))
    page.goto(address, wait_until="networkidle")
    assert not [response.url for response in answers if is_foreign(response.url)]
    assert len(answers) <= MOST_REQUESTS, [response.url for response in answers]
    document, *assets = [response.body() for response in answers]
    rest = sum(len(gzip.compress(body)) for body in assets)
    print(
        f"first visit: {len(answers)} requests, page {len(document)} bytes, {len(gzip.compress(document))} with gzip,"
    )
    print(f"  the rest {sum(map(len, assets))} bytes, {rest} with gzip")
    assert b"<form" in document and len(assets) >= 2
    assert len(document) + rest <= MOST_BYTES
    return document
