"""Pages that come slowly and in two parts, as on a busy machine: what a test reads too early is found by it."""

import os
import time

from django.http import StreamingHttpResponse

PAUSE = float(os.environ.get("SLOW_PAGES", 0))  # seconds, before the first part and before the second
FIRST_PART = 100


def slow_pages(get_response):
    def answer(request):
        response = get_response(request)
        if response.streaming or not response.headers.get("Content-Type", "").startswith("text/html"):
            return response
        time.sleep(PAUSE)
        slow = StreamingHttpResponse(in_two_parts(response.content), status=response.status_code)
        slow.headers, slow.cookies = response.headers, response.cookies
        return slow

    return answer


def in_two_parts(content):
    yield content[:FIRST_PART]
    time.sleep(PAUSE)
    yield content[FIRST_PART:]
