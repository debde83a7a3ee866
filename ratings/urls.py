from django.urls import path

from ratings.cases.views import case, lists, therapy_session
from ratings.check_in.views import questionnaires, rate_first, therapist
from ratings.course import views as course
from ratings.delivery import views as delivery
from ratings.demo import views as demo
from ratings.detection import views as detection
from ratings.exchange import views as exchange
from ratings.figures import views as figures
from ratings.gaps import views as gaps
from ratings.handover.views import case as handover
from ratings.handover.views import leaving
from ratings.importing import views as importing
from ratings.importing.clients import views as client_list
from ratings.joining import views as joining
from ratings.meetings import views as meetings
from ratings.plan import views as plan
from ratings.record import views as record
from ratings.rights import record_views as records
from ratings.rights import retention_views as retention
from ratings.rights import views as rights
from ratings.ruptures import views as ruptures
from ratings.supervision import views as supervision
from ratings.today.views import log, today
from ratings.week import views as week

app_name = "ratings"

urlpatterns = [
    path("today/", today.today, name="today"),
    path("today/seen/", today.news_seen, name="news-seen"),
    # /week/
    path("week/", week.week, name="week"),
    path("week/plan/", week.week_plan, name="week-plan"),
    path("week/leave/", week.leave_take, name="leave-take"),
    path("week/leave/<uuid:code>/end/", week.leave_end, name="leave-end"),
    path("week/sessions/<uuid:code>/", week.planned_session, name="planned-session"),
    path("week/sessions/<uuid:code>/move/", week.planned_session_move, name="planned-session-move"),
    path("week/sessions/<uuid:code>/cancel/", week.planned_session_cancel, name="planned-session-cancel"),
    path("week/sessions/<uuid:code>/restore/", week.session_restore, name="session-restore"),
    path("monitor", delivery.monitor, name="monitor"),
    path("caseload/", lists.caseload, name="caseload"),
    path("caseload/all/", lists.caseload_all, name="caseload-all"),
    # /cases/
    path("cases/", lists.cases, name="cases"),
    path("cases/new/", case.case_create, name="case-create"),
    path("cases/doubles/", joining.doubles, name="doubles"),
    path("cases/<uuid:code>/join/<uuid:joined>/", joining.case_join, name="case-join"),
    path("cases/joins/<uuid:code>/part/", joining.case_part, name="case-part"),
    path("cases/<uuid:code>/", case.case, name="case"),
    path("cases/<uuid:code>/course/", course.course, name="course"),
    path("cases/<uuid:code>/plan/", plan.plan, name="plan"),
    path("cases/<uuid:code>/goals/", plan.goal_agree, name="goal-agree"),
    path("cases/<uuid:code>/tasks/", plan.task_agree, name="task-agree"),
    path("cases/<uuid:code>/phases/", plan.phase_start, name="phase-start"),
    path("cases/<uuid:code>/end/", case.episode_end, name="episode-end"),
    path("cases/<uuid:code>/check-ins/", therapist.check_in_settings, name="check-in-settings"),
    path("cases/<uuid:code>/history-link/", therapist.history_link, name="history-link"),
    path("cases/<uuid:code>/copy/", rights.copy_make, name="copy-make"),
    path("cases/<uuid:code>/looked/", rights.who_looked_page, name="who-looked"),
    path("cases/<uuid:code>/contact/", delivery.client_contact, name="client-contact"),
    path("cases/<uuid:code>/rename/", delivery.client_rename, name="client-rename"),
    path("cases/<uuid:code>/cover/", handover.case_cover, name="case-cover"),
    path("cases/<uuid:code>/hand-over/", handover.case_hand_over, name="case-hand-over"),
    path("cases/<uuid:code>/reopen/", handover.case_reopen, name="case-reopen"),
    path("cases/<uuid:code>/earlier/", handover.case_earlier, name="case-earlier"),
    path("cases/covers/<uuid:code>/end/", handover.cover_end, name="cover-end"),
    path("cases/offers/<uuid:code>/", leaving.case_offer_answer, name="case-offer-answer"),
    path("cases/<uuid:code>/sheet/", record.case_sheet, name="case-sheet"),
    path("cases/<uuid:code>/sessions/", record.session_list, name="session-list"),
    path("cases/<uuid:code>/log/", log.session_log, name="session-log"),
    path("sessions/<uuid:code>/log/", log.planned_session_log, name="planned-session-log"),
    path("sessions/<uuid:code>/no-show/", log.session_no_show, name="session-no-show"),
    path("sessions/<uuid:code>/undo/", log.session_log_undo, name="session-log-undo"),
    path("goals/<uuid:code>/edit/", plan.goal_edit, name="goal-edit"),
    path("goals/<uuid:code>/end/", plan.goal_end, name="goal-end"),
    path("goals/<uuid:code>/reopen/", plan.goal_reopen, name="goal-reopen"),
    path("tasks/<uuid:code>/edit/", plan.task_edit, name="task-edit"),
    path("tasks/<uuid:code>/end/", plan.task_end, name="task-end"),
    path("tasks/<uuid:code>/reopen/", plan.task_reopen, name="task-reopen"),
    path("sessions/<uuid:code>/move/", therapy_session.session_move, name="session-move"),
    path("sessions/<uuid:code>/", record.session_page, name="session-page"),
    path("sessions/<uuid:code>/correct/", record.session_correct, name="session-correct"),
    path("sessions/<uuid:code>/remove/", record.session_remove, name="session-remove"),
    path("sessions/<uuid:code>/bring-back/", record.session_bring_back, name="session-bring-back"),
    path("sessions/<uuid:code>/refile/", record.session_refile, name="session-refile"),
    path("sessions/<uuid:code>/strain/", record.session_strain, name="session-strain"),
    path("wishes/<uuid:code>/", today.wish_settle, name="wish-settle"),
    # /import/
    path("import/", importing.import_upload, name="import-upload"),
    path("import/<uuid:code>/", importing.import_preview, name="import-preview"),
    path("import/clients/", client_list.client_list_upload, name="client-list-upload"),
    path("import/clients/<uuid:code>/", client_list.client_list_preview, name="client-list-preview"),
    path("ruptures/<uuid:code>/", ruptures.rupture, name="rupture"),
    path("ruptures/<uuid:code>/verdict/", ruptures.rupture_verdict, name="rupture-verdict"),
    path("ruptures/<uuid:code>/set-aside/", ruptures.rupture_set_aside, name="rupture-set-aside"),
    path("people/<uuid:code>/end/", leaving.member_end, name="member-end"),
    path("people/practices/<uuid:code>/cases/", leaving.cases_settle, name="cases-settle"),
    path("ruptures/<uuid:code>/bring-back/", ruptures.rupture_bring_back, name="rupture-bring-back"),
    path("ruptures/<uuid:code>/usual/", ruptures.rupture_usual, name="rupture-usual"),
    path("ruptures/<uuid:code>/kind/", ruptures.rupture_kind, name="rupture-kind"),
    path("ruptures/<uuid:code>/plan/", ruptures.rupture_plan, name="rupture-plan"),
    path("ruptures/<uuid:code>/step/", ruptures.rupture_step, name="rupture-step"),
    path("ruptures/<uuid:code>/into-plan/", ruptures.rupture_into_plan, name="rupture-into-plan"),
    path("ruptures/<uuid:code>/strain/", ruptures.rupture_strain, name="rupture-strain"),
    path("cases/<uuid:code>/strain/", ruptures.rupture_name, name="rupture-name"),
    path("cases/<uuid:code>/supervision/", supervision.supervision_ask, name="supervision-ask"),
    path("supervision/<uuid:code>/withdraw/", supervision.supervision_withdraw, name="supervision-withdraw"),
    path("supervision/", meetings.supervision, name="supervision"),
    path("supervision/with/<uuid:code>/", meetings.meeting, name="meeting"),
    path("supervision/with/<uuid:code>/cases/<uuid:case>/", meetings.meeting_case, name="meeting-case"),
    path("supervision/with/<uuid:code>/day/", meetings.meeting_day, name="meeting-day"),
    path("supervision/with/<uuid:code>/close/", meetings.meeting_close, name="meeting-close"),
    path("supervision/together/", meetings.meeting_together, name="meeting-together"),
    path("supervision/together/close/", meetings.together_close, name="together-close"),
    path("supervision/meetings/<uuid:code>/", meetings.meeting_past, name="meeting-past"),
    path("supervision/steps/<uuid:code>/done/", meetings.step_done, name="step-done"),
    path("people/records/", records.records, name="records"),
    path("people/records/<uuid:code>/", records.record_erase, name="record-erase"),
    path("people/records/<uuid:code>/hold/", retention.record_hold, name="record-hold"),
    path("people/records/<uuid:code>/hold/lift/", retention.record_hold_lift, name="record-hold-lift"),
    path("people/practices/<uuid:code>/retention/", retention.retention, name="retention"),
    path("people/practices/<uuid:code>/retention/answer/", retention.retention_answer, name="retention-answer"),
    path("people/records/<uuid:code>/answer/", records.record_answer, name="record-answer"),
    path("people/records/erased/<uuid:code>/", records.erasure, name="erasure"),
    path("people/words/", ruptures.repair_words, name="repair-words"),
    path("people/words/<slug:key>/", ruptures.repair_words_edit, name="repair-words-edit"),
    path("people/words/<slug:key>/restore/", ruptures.repair_words_restore, name="repair-words-restore"),
    path("people/questionnaires/", questionnaires.questionnaires, name="questionnaires"),
    path("people/detection/", detection.detection_settings, name="detection-settings"),
    path("people/detection/back/", detection.detection_back, name="detection-back"),
    # /export/
    path("export/", exchange.export_make, name="export-make"),
    path("export/<uuid:code>/", exchange.export, name="export"),
    path("export/<uuid:code>/ratings.zip", exchange.export_archive, name="export-archive"),
    path("export/<uuid:code>/key.csv", exchange.export_key, name="export-key"),
    path("figures/", figures.practice_figures, name="practice-figures"),
    path("people/gaps/", gaps.gaps, name="gaps"),
    path("figures/flags/", figures.flags_work, name="flags-work"),
    path("figures/flags/stated/", figures.recalibration, name="recalibration"),
    # /guide/, in the demo only
    path("guide/put-away/", demo.guide_put_away, name="guide-put-away"),
    path("guide/show/", demo.guide_show, name="guide-show"),
    # /check-ins/
    path("check-ins/", delivery.check_ins, name="check-ins"),
    path("check-ins/<uuid:code>/link/", therapist.check_in_link, name="check-in-link"),
    path("check-ins/<uuid:code>/show/", rate_first.check_in_show, name="check-in-show"),
    path("check-ins/<uuid:code>/enter/", therapist.check_in_enter, name="check-in-enter"),
    path("check-ins/<uuid:code>/correct/", record.check_in_correct, name="check-in-correct"),
]
