from django.apps import AppConfig
from django.core.checks import Tags, register
from django.utils.module_loading import import_string

from alliance.form_fields import speak_plainly


class AllianceConfig(AppConfig):
    name = "alliance"

    def ready(self):
        speak_plainly()
        for check in import_string("alliance.site.start.CHECKS"):  # which reads models
            register(check, Tags.security, deploy=True)
