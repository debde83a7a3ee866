"""All routes. Other floors are named by string only."""

from django.urls import include, path

from alliance.accounts import views as account_views
from alliance.drafts import views as draft_views
from alliance.people import asked_views, audit_views, emergency_views
from alliance.people import views as people_views
from alliance.practice import views as practice_views
from alliance.site import views as site_views

alliance_urls = (
    [
        path("", site_views.home, name="home"),
        path("healthz", site_views.healthz, name="healthz"),
        path("no-place/", site_views.no_place, name="no-place"),
        path("help/", site_views.help_page, name="help"),
        path("you/", account_views.you, name="you"),
        path("drafts/", draft_views.draft_keep, name="draft-keep"),
        path("drafts/<uuid:code>/discard/", draft_views.draft_discard, name="draft-discard"),
        path("you/idle/", account_views.idle, name="idle"),
        path("you/digest/", account_views.digest_choose, name="digest-choose"),
        path("you/keys/", account_views.keys_switch, name="keys-switch"),
        path("you/browsers/", account_views.browsers, name="browsers"),
        path("you/browsers/end/", account_views.browsers_end, name="browsers-end"),
        path("you/browsers/<uuid:code>/end/", account_views.browser_end, name="browser-end"),
        path("people/", people_views.people, name="people"),
        path("people/<uuid:code>/", people_views.member, name="member"),
        path("people/<uuid:code>/case-supervisor/", people_views.case_supervise, name="case-supervise"),
        path("people/<uuid:code>/second-factor/", people_views.factor_reset, name="factor-reset"),
        path("people/invite/", people_views.member_invite, name="member-invite"),
        path("asked/", asked_views.asked, name="asked"),
        path("asked/reading/<uuid:code>/", asked_views.sight_answer, name="sight-answer"),
        path("asked/places/<uuid:code>/", asked_views.offer_answer, name="offer-answer"),
        path("emergency/", emergency_views.emergency, name="emergency"),
        path("emergency/opened/", emergency_views.emergencies, name="emergencies"),
        path("people/audit/", audit_views.audit_page, name="audit"),
        path("people/settings/", practice_views.practice_settings, name="practice-settings"),
        path("people/assign/", people_views.supervision_assign, name="supervision-assign"),
        path("people/assignments/<uuid:code>/end/", people_views.supervision_end, name="supervision-end"),
    ],
    "alliance",
)

handler400 = "alliance.site.errors.bad_request"
handler500 = "alliance.site.errors.server_error"

urlpatterns = [
    path("c/", include("ratings.link_urls")),  # first: what clients wait for is found without trying the rest
    path("", include(alliance_urls)),
    path("", include("ratings.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
]
