"""Requests that no page of ours makes, by chance, the same for the same seed."""

import random
import re
from dataclasses import dataclass, field
from urllib.parse import quote

METHODS = ["GET"] * 8 + ["POST"] * 14 + ["HEAD", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "CONNECT", "get", "FOO"]
VALUES = [
    "", " ", "0", "-1", "1e309", "NaN", "9" * 400, "1" * 5000, "true", "[]", "{}", "[[", "null", "\x00", "a\x00b",
    "\u202e", "\U0001f642" * 50, "é" * 300, "' OR 1=1--", '"; DROP TABLE x;--', "../../../etc/passwd", "${7*7}",
    "\r\nSet-Cookie: a=b", "2026-02-30", "0000-00-00", "9999-12-31", "10000-01-01", "25:99", "-00:00", "1.5", "١",
    "00000000-0000-4000-8000-000000000000", "%00", "%ff%fe", "\\", "/" * 200, "x" * 20_000, "=1+1", "\ufeff",
]  # fmt: skip
# No wrong length of the body, which the server refuses, and no charset that `alliance.site.handler` takes away before.
KINDS = [
    "application/x-www-form-urlencoded", "application/x-www-form-urlencoded; charset=utf-16",
    "application/x-www-form-urlencoded; charset=nonsense", "multipart/form-data", "multipart/form-data; boundary=é",
    "multipart/form-data; boundary=" + "b" * 300, "application/json", "text/plain; charset=utf-7", "", "/", ";",
]  # fmt: skip
HEADERS = {
    "Host": ["evil.test", "[::1", "a b", "x" * 300, "é", "testserver:no", "", "testserver:99999999", "\u2028"],
    "HX-Request": ["true", "é", ""],
    "HX-Current-URL": ["http://[", "//", "\u2028", "x" * 3000, "http://localhost/cases/?q=%00"],
    "HX-Target": ["found", "<b>", "x" * 3000],
    "X-Form-Action": ["/cases/new/", "//", "/" + "a" * 2000, "http://["],
    "Accept-Language": ["xx-YY;q=9", "a" * 3000, ",,,;;;q=", "de"],
    "Accept": ["application/json", "*/*;q=NaN", ""],
    "Referer": ["http://[", "https://evil.test/", ""],
    "Origin": ["null", "https://evil.test", "http://["],
    "X-Forwarded-For": ["127.0.0.1, ::1", "nonsense", "1" * 500],
    "If-Modified-Since": ["never", "Thu, 01 Jan 1970 00:00:00 GMT"],
    "Range": ["bytes=9-1", "bytes=-", "x"],
    "Cookie": ["sessionid=\x7f; device=a:b:c", "=", "keys=é; device=" + "x" * 3000],
    "Authorization": ["Bearer x", "Basic é"],
}
NAME = re.compile(r'\sname="([\w-]+)"')
ENDS = ["", "", "", "%00", "%ff", "//", "?", "%2e%2e/", "é", ";a=b", "x" * 500]


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: str
    body: bytes
    kind: str
    headers: dict[str, str] = field(default_factory=dict)


def requests(count, seed, fields_of):
    """So many, to the addresses in `fields_of`, each with the names of the fields on its page."""
    chance = random.Random(seed)
    addresses = sorted(fields_of)
    for _number in range(count):
        address = chance.choice(addresses)
        yield _request(chance, address, fields_of[address] or ["q"])


def _request(chance, address, names):
    method, kind = chance.choice(METHODS), chance.choice(KINDS) if chance.random() < 0.4 else KINDS[0]
    fields = [(chance.choice([*names, "x"]), chance.choice(VALUES)) for _each in range(chance.randint(0, 12))]
    body = "&".join(f"{name}={_written(chance, value)}" for name, value in fields).encode("utf-8", "replace")
    if kind.startswith("multipart") and chance.random() < 0.5:
        body = b'--b\r\nContent-Disposition: form-data; name="a"; filename="\x00"\r\n\r\n' + body
    if chance.random() < 0.1:
        body = chance.randbytes(chance.randint(1, 400))
    asked = chance.sample(sorted(HEADERS), chance.randint(0, 3))
    query = (
        "&".join(f"{name}={_written(chance, value)[:4000]}" for name, value in fields[:3])
        if chance.random() < 0.5
        else ""
    )
    if chance.random() < 0.01:
        body = b"x" * 6_000_000
    headers = {name: chance.choice(HEADERS[name]) for name in asked}
    if chance.random() < 0.2:
        address = _broken(chance, address)
    return Request(method, address + chance.choice(ENDS), query, body, kind, headers)


def _broken(chance, address):
    """Another word in the place of one, such as of a code."""
    words = address.split("/")
    words[chance.randrange(1, len(words))] = quote(chance.choice(VALUES)[:2000], safe="")
    return "/".join(words)


def _written(chance, value):
    if chance.random() < 0.2:
        return value.replace("&", "")
    return "".join(f"%{byte:02x}" for byte in value.encode())
