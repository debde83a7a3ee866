"""How a page lets somebody ring a number."""

import re

from django import template

register = template.Library()

EXTENSION = re.compile(r" ?(?:ext\.?|x|#) ?([0-9]+)$", re.IGNORECASE)


@register.filter
def dialled(phone):
    """The number for a `tel:` address, without what is written for the eye alone.

    The (0) of +44 (0)20 is not dialled from abroad, nor after +44 at home.
    """
    number, *extension = EXTENSION.split(phone)[:2]
    if "+" in number:
        number = number.replace("(0)", "")
    digits = ("+" if "+" in number else "") + re.sub(r"[^0-9]", "", number)
    return f"{digits};ext={extension[0]}" if extension else digits
