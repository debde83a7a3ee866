"""Eight files of the largest size at once, one for each thread of the server as shipped, beside the health page."""

import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import pytest

from ratings.importing.forms import LARGEST

pytestmark = pytest.mark.evidence
AT_ONCE = 8
TOKEN = "a" * 32
SET_UP = f"""
from django.core.management import call_command
call_command("sync_instruments", verbosity=0)
from django.test import Client
from alliance.people.actions import add_member
from alliance.practice.actions import create_practice
practice = create_practice(name="Millrace Practice", zone="Europe/London")
for number in range({AT_ONCE}):
    member = add_member(practice=practice, email=f"t{{number}}@millrace.test", name="Ada", roles=["therapist"])
    browser = Client()
    browser.force_login(member.user)
    print("KEY", browser.cookies["sessionid"].value)
"""
HEAD = (
    b"Provider_Email,Client_ID,Case_ID,Case_Date,Session_ID,Session_Date,SRS_Skip,SRSQ1,SRSQ2,SRSQ3,SRSQ4,Total_SRS\n"
)


def largest_file():
    """As many sessions as fit, twenty to a case."""
    lines, size, number = [HEAD], len(HEAD), 0
    while size < LARGEST - 200:
        case, session = divmod(number, 20)
        day = f"2024-{session // 2 + 1:02}-{session % 2 * 14 + 3:02}"
        line = f"t@millrace.test,{case:05},1,2024-01-02,{session + 1},{day},N,8.1,7.9,8.0,8.2,32.2\n".encode()
        lines.append(line)
        size, number = size + len(line), number + 1
    return b"".join(lines)


def upload(url, key, data):
    """Sends the file as a browser does; the status of the preview that it leads to, and how long both took."""
    body = b'--x\r\nContent-Disposition: form-data; name="file"; filename="past.csv"\r\nContent-Type: text/csv\r\n\r\n'
    headers = {
        "Content-Type": "multipart/form-data; boundary=x",
        "Cookie": f"sessionid={key}; csrftoken={TOKEN}",
        "X-CSRFToken": TOKEN,
    }
    request = urllib.request.Request(f"{url}/import/", body + data + b"\r\n--x--\r\n", headers)
    start = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=600) as answer:
            return answer.status, answer.geturl(), time.monotonic() - start
    except urllib.error.HTTPError as error:
        return error.code, error.geturl(), time.monotonic() - start


def health(url):
    start = time.monotonic()
    with urllib.request.urlopen(f"{url}/healthz", timeout=600) as answer:
        assert answer.status == 200
    return time.monotonic() - start


def test_the_health_page_answers_beside_eight_uploads(gunicorn_server, record_property):
    keys = [line.split()[1] for line in gunicorn_server.python(SET_UP).splitlines() if line.startswith("KEY")]
    data, url = largest_file(), gunicorn_server.url
    alone = max(health(url) for _time in range(20))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        sent = [pool.submit(upload, url, key, data) for key in keys]
        asked, meanwhile = [health(url)], 0
        while not all(one.done() for one in sent):
            asked.append(health(url))
            meanwhile += not all(one.done() for one in sent)
    answers = [one.result() for one in sent]
    read = [took for status, address, took in answers if status == 200 and not address.endswith("/import/")]
    assert {status for status, *_rest in answers} == {200, 503}, "none was read, or all had a thread"
    assert len(read) > 0
    assert meanwhile > 0, "the health page waited until all files were read"
    record_property("lines of each file", data.count(b"\n") - 1)
    record_property("files read, and told to come again", f"{len(read)}, {AT_ONCE - len(read)}")
    record_property("seconds, the slowest upload with its preview", round(max(read), 1))
    record_property("seconds, the health page alone, slowest of 20", round(alone, 2))
    record_property(f"seconds, the health page beside them, slowest of {len(asked)}", round(max(asked), 2))
