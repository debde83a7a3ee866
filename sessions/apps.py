from django.apps import AppConfig


class SessionsConfig(AppConfig):
    name = "sessions"
    # "sessions" is taken by django.contrib.sessions; commands and string references say "therapy".
    label = "therapy"
    verbose_name = "Therapy sessions"
