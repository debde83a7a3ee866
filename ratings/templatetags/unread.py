"""Template tags: what of clients' answers is read by nobody."""

from django import template

from alliance.models import Practice
from ratings.check_in.carried import ended_with_something_unread

register = template.Library()


@register.simple_tag
def unread_in_ended(practice_code):
    """How many ended cases of a practice have answers that nobody reads."""
    return len(ended_with_something_unread(Practice.objects.get(code=practice_code)))
