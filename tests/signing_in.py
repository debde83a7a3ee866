"""Signing in by hand, as `http.force_login` does not say how somebody signed in."""

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time

PASSWORD = "seven calm herons"


def give_password(member):
    """With it, and with an address that counts as confirmed, the member can sign in."""
    member.user.set_password(PASSWORD)
    member.user.save()
    member.user.emailaddress_set.create(email=member.user.email, verified=True, primary=True)
    return member


def sign_in(http, member, **more):
    return http.post("/accounts/login/", {"login": member.user.email, "password": PASSWORD} | more)


def code_of(secret):
    """What the authenticator app would show now."""
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))
