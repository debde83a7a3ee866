from django.apps import AppConfig
from django.core.checks import Tags, register

from alliance.installation import checks


class AllianceConfig(AppConfig):
    name = "alliance"

    def ready(self):
        for check in (checks.keys_are_fit, checks.address_is_https, checks.what_will_not_work):
            register(check, Tags.security, deploy=True)
