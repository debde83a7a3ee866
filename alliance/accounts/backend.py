"""Who is it, by e-mail and password: the same work whether or not there is such a user."""

from functools import cache

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.hashers import check_password, make_password
from django.db.models.functions import Lower

from alliance import crypto
from alliance.models import User


class Backend(ModelBackend):
    """One look-up and one comparison for every address, as allauth's own makes two look-ups for an unknown one."""

    def authenticate(self, request, email=None, password=None, **credentials):
        if not (email and password):
            return None
        user = User.objects.alias(lowered=Lower("email")).filter(lowered=email.lower()).first()
        known = user is not None and user.has_usable_password()
        is_right = check_password(password, user.password if known else nobodys_password())
        return user if known and is_right and self.user_can_authenticate(user) else None


@cache
def nobodys_password():
    """A hash like those of users. No password has it: the salt is random and what was hashed is forgotten."""
    return make_password(crypto.new_token())
