from django import template

from alliance.accounts import passkeys

register = template.Library()


@register.filter
def passkey_name(passkey):
    return passkeys.passkey_name(passkey)
