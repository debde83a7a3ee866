"""Markup that would run, as somebody might type it anywhere; made by chance, of what browsers are known to take."""

import random
from html.parser import HTMLParser

MARK = "zqx"  # what would run; nothing of ours has it
RUNS = f"alert({MARK})"
TAGS = ("img", "svg", "video", "iframe", "object", "embed", "input", "details", "math", "form", "a", "style", "base")
EVENTS = ("onerror", "onload", "onclick", "onfocus", "ontoggle", "onpointerenter", "onbegin")
CLOSED = ["", "</p>", "</textarea>", "</title>", "</script>", "</option></select>", "</style>", "-->", "]]>", "</svg>"]
LEFT = ['"', "'", '">', "'>", "`", '" ', "' ", '\\"', "\\'", "&quot;", "&#34;", "\\u0022", ""]
SPACES = [" ", "/", "\t", "\f", " / "]
LINKS = ["javascript:", "JaVaScRiPt:", "java\tscript:", "data:text/html,", "vbscript:", "&#106;avascript:"]
SPELLED = [
    *[str] * 5,
    lambda text: text.replace("<", "&lt;").replace(">", "&gt;"),
    lambda text: text.replace("<", "\\u003c"),
    lambda text: text.replace("<", "%3C").replace(">", "%3E"),
    lambda text: text.replace("<", "＜"),
    lambda text: "".join(one.upper() if number % 2 else one for number, one in enumerate(text)).replace("ZQX", MARK),
]
TEMPLATES = [f"{{{{{MARK}}}}}", f"{{% {MARK} %}}", f"${{{MARK}}}", f"<%= {MARK} %>", f"#{{{MARK}}}"]


def strings(count, seed):
    """So many different ones, the same for the same seed."""
    chance, found = random.Random(seed), dict.fromkeys(TEMPLATES)
    while len(found) < count:
        found[_string(chance)] = None
    return list(found)


def _string(chance):
    event, space = chance.choice(EVENTS), chance.choice(SPACES)
    inner = chance.choice(
        [
            f"<{chance.choice(TAGS)}{space}src=x{space}{event}={RUNS}>",
            f"<script>{RUNS}</script>",
            f"<{chance.choice(TAGS)}{space}href={chance.choice(LINKS)}{RUNS}>",
            f"{event}={RUNS} autofocus x=",
            f"<{chance.choice(TAGS)} style=background:url({chance.choice(LINKS)}{RUNS})>",
            f"{chance.choice(LINKS)}{RUNS}",
            f"<!--{RUNS}<{MARK}>",
        ]
    )
    closed = "".join(chance.sample(CLOSED, chance.randint(0, 2)))
    return chance.choice(SPELLED)(chance.choice(LEFT) + closed + inner)


class Reader(HTMLParser):
    """Reads a page as a browser does, and lists where the mark is more than text."""

    NEVER = (
        "href",
        "src",
        "action",
        "formaction",
        "style",
        "srcdoc",
        "hx-get",
        "hx-post",
        "hx-vals",
        "id",
        "class",
        "name",
    )

    ADDRESSES = ("href", "action", "hx-get", "hx-post")

    def __init__(self):
        super().__init__()
        self.found, self.texts, self.script = [], 0, False

    def handle_starttag(self, tag, attrs):
        self.script = tag == "script" and dict(attrs).get("type") != "application/json"
        for name, value in attrs:
            is_ours = name in self.ADDRESSES and (value or "").startswith("/") and not value.startswith("//")
            looked_for = is_ours and MARK not in value.partition("?")[0]  # in the query of a page of ours
            runs = (name.startswith("on") or name in self.NEVER) and not looked_for
            if MARK in name or (runs and MARK in (value or "")):
                self.found.append(f"<{tag} {name}={value!r:.80}>")
            self.texts += MARK in (value or "")
        if MARK in tag:
            self.found.append(tag)

    def handle_data(self, data):
        if MARK in data:
            self.texts += 1
            if self.script or self.lasttag == "style":
                self.found.append(data[:80])

    def handle_comment(self, data):
        if MARK in data:
            self.found.append(f"<!--{data[:80]}")

    handle_decl = unknown_decl = handle_pi = handle_comment


def read(html):
    """What would run on the page, and how often the mark is there at all."""
    reader = Reader()
    reader.feed(html)
    reader.close()
    return reader.found, reader.texts
