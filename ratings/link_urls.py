"""The pages a client reaches, under /c/. The key in the path is the authority; nothing else is reachable with it."""

import re

from django.urls import path, re_path, register_converter

from ratings.check_in.views import answer, history, link, preferences, who_reads
from ratings.digest import views as digest
from ratings.rights import views as rights

app_name = "links"

KEY_AND_TRAIL = re.compile(r"([A-Za-z0-9_-]{43})(?:[\W_]|%[0-9A-Fa-f]{2}|&[a-z]{2,4};?)*")


class KeyConverter:
    """The key of a link, with or without a slash, and with what a mail or a messenger left behind it.

    A full stop, a bracket, a quotation mark, a blank that nobody sees: none of them can be a part of a key.
    """

    regex = r"[^/]+[\W_]*"

    def to_python(self, value):
        kept = KEY_AND_TRAIL.fullmatch(value)
        return kept[1] if kept else value.rstrip("/")

    def to_url(self, value):
        return f"{value}/"


register_converter(KeyConverter, "key")

urlpatterns = [
    path("sent/", answer.check_in_sent, name="check-in-sent"),
    path("change/", answer.check_in_change, name="check-in-change"),
    path("forget/", answer.check_in_forget, name="check-in-forget"),
    path("privacy/", link.privacy, name="privacy"),
    path("h/<key:token>", history.history, name="history"),
    path("w/<key:token>", who_reads.who_reads, name="who-reads"),
    path("p/stop/<key:token>", preferences.preferences_stop, name="preferences-stop"),
    path("p/<key:token>", preferences.preferences, name="preferences"),
    path("k/<key:token>", rights.copy_page, name="copy"),
    path("k/json/<key:token>", rights.copy_json, name="copy-json"),
    path("k/csv/<key:token>", rights.copy_csv, name="copy-csv"),
    path("d/<key:token>", digest.digest_stop, name="digest-stop"),
    path("<key:token>", answer.check_in, name="check-in"),
    re_path(r"^[\s\S]*$", link.link_gone, name="link-gone"),
]
