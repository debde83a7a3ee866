from django import template

from alliance.accounts import passkeys

register = template.Library()


@register.filter
def passkey_name(passkey):
    return passkeys.passkey_name(passkey)


@register.filter
def signs_in_alone(passkey):
    return passkeys.signs_in_alone(passkey)
