from django.apps import AppConfig
from django.core.checks import Tags, register

from alliance.form_fields import speak_plainly
from alliance.installation import checks


class AllianceConfig(AppConfig):
    name = "alliance"

    def ready(self):
        speak_plainly()
        for check in (checks.check_keys, checks.check_address, checks.check_database_and_mail):
            register(check, Tags.security, deploy=True)
