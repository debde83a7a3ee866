"""How passwords are hashed."""

from django.contrib.auth.hashers import Argon2PasswordHasher


class Argon2(Argon2PasswordHasher):
    """Argon2id at 19 MiB, two passes, one lane.

    This is OWASP's setting for servers that must stay up under load.
    """

    time_cost = 2
    memory_cost = 19 * 1024
    parallelism = 1
