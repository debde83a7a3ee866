"""What a browser calls itself, in words for whoever owns it."""

from __future__ import annotations

from django.utils.translation import gettext as _

# The first that is found: nearly every browser says that it is another one as well.
NAMES = {
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "FxiOS": "Firefox",
    "Chrome": "Chrome",
    "CriOS": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "CrOS": "ChromeOS",
    "Linux": "Linux",
}


def browser_in_words(user_agent: str) -> str:
    """The browser and the system, as in "Firefox on Windows". It may not be true: a browser says what it likes."""
    name, system = _found(NAMES, user_agent), _found(SYSTEMS, user_agent)
    if name and system:
        return _("%(name)s on %(system)s") % {"name": name, "system": system}
    return name or system or _("an unknown browser")


def _found(words: dict[str, str], user_agent: str) -> str:
    return next((word for part, word in words.items() if part in user_agent), "")
