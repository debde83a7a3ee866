from django import template

from alliance.accounts import browsers

register = template.Library()


@register.filter
def browser_in_words(user_agent):
    return browsers.browser_in_words(user_agent)
