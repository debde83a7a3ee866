"""The pages a client reaches, under /c/. The key in the path is the authority; nothing else is reachable with it."""

from django.urls import path, re_path

from ratings.check_in.views import answer, history, link, preferences

app_name = "links"

urlpatterns = [
    path("sent/", answer.check_in_sent, name="check-in-sent"),
    path("change/", answer.check_in_change, name="check-in-change"),
    path("privacy/", link.privacy, name="privacy"),
    path("h/<str:token>/", history.history, name="history"),
    path("p/<str:token>/", preferences.preferences, name="preferences"),
    path("<str:token>/", answer.check_in, name="check-in"),
    path("<str:token>", answer.check_in, name="check-in-bare"),  # a mail program may cut the slash
    re_path(r"^[\s\S]*$", link.link_gone, name="link-gone"),
]
