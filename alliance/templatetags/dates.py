"""Days and times in templates, by the names of `alliance.dates.DateFormat`."""

from datetime import datetime

from django import template
from django.utils import timezone

from alliance import dates

register = template.Library()


@register.filter(expects_localtime=True)
def written(local, name):
    """A day or a time in exactly this format; empty where there is none."""
    return "" if local in (None, "") else dates.written(local, name)


@register.filter
def day(instant, name=dates.DateFormat.SHORT):
    """A day as one says it: with its year only where that is not this year; a dash where there is none."""
    return "–" if instant is None else dates.day(instant, name)


@register.filter(expects_localtime=True)
def for_machines(local):
    """A day or a time as the `datetime` attribute of a `time` element takes it."""
    return local.isoformat(timespec="minutes") if isinstance(local, datetime) else local.isoformat()


@register.simple_tag
def today(name):
    return dates.written(timezone.localtime(), name)
