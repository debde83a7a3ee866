"""Every route, for every kind of person, with every method, against a table written by hand.

A route that is not in the table fails, and so does a table row without a route. Each cell runs in a transaction that
is rolled back. Which read row it leaves stands in `tests/matrix_reads.py`; it is of whom the address is about.
`tests/test_database_filter.py` asks again with Python's filter taken out.

302 is the way to the sign-in page for whoever is not signed in; for the others a finished form, or the way to the
password first. Whoever is signed in has one, and no second factor.
"""

import pytest
from django.urls import URLResolver, get_resolver, resolve, reverse

from alliance.models import Client
from ratings.rights.erase import codes_of
from tests.browsers import PERSONAS, Answer, answer, ask
from tests.browsers import browsers as browsers  # a fixture
from tests.matrix_reads import read_rows
from tests.subjects import subjects as subjects  # a fixture

# route, what it is asked about: one status for each persona on GET (HEAD is the same), then on POST. "-" is 405.
TABLE = """
alliance:home                          302 302 302 302 302 302 302 302 302 302 | 302 302   -   -   -   -   -   -   -   -
alliance:healthz                       200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
ratings:monitor                        404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
alliance:no-place                      302 302 200 200 200 200 200 200 200 200 | 302 302   -   -   -   -   -   -   -   -
alliance:help                          200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
alliance:digest-choose                 302 302   -   -   -   -   -   -   -   - | 302 302 400 400 400 400 400 400 400 400
alliance:keys-switch                   302 302   -   -   -   -   -   -   -   - | 302 302 302 302 302 302 302 302 302 302
alliance:idle                          200 200 200 200 200 200 200 200 200 200 | 200 200 200 200 200 200 200 200 200 200
alliance:you                           302 302 200 200 200 200 200 200 200 200 | 302 302   -   -   -   -   -   -   -   -
alliance:browsers                      302 302 200 200 200 200 200 200 200 200 | 302 302   -   -   -   -   -   -   -   -
alliance:browsers-end                  302 302   -   -   -   -   -   -   -   - | 302 302 302 302 302 302 302 302 302 302
alliance:browser-end browser           302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 404 404 404 404 404
alliance:draft-keep                      -   -   -   -   -   -   -   -   -   - | 400 400 400 400 400 400 400 400 400 400
alliance:draft-discard typed           302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 404 404 404 404 404
alliance:people                        302 302 403 403 403 403 403 403 200 403 | 302 302   -   -   -   -   -   -   -   -
alliance:practice-settings             302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
alliance:member-invite                 302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
alliance:supervision-assign            302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
alliance:member member                 302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
alliance:member stranger               302 302 403 403 403 403 403 403 404 403 | 302 302 403 403 403 403 403 403 404 403
alliance:case-supervise noor           302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
alliance:case-supervise stranger       302 302 403 403 403 403 403 403 404 403 | 302 302 403 403 403 403 403 403 404 403
alliance:factor-reset member           302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 302 403
alliance:factor-reset stranger         302 302 403 403 403 403 403 403 404 403 | 302 302 403 403 403 403 403 403 404 403
ratings:member-end member              302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
ratings:member-end stranger            302 302 403 403 403 403 403 403 404 403 | 302 302 403 403 403 403 403 403 404 403
alliance:supervision-end supervision   302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 302 403
alliance:asked                         302 302 200 200 200 200 200 200 200 200 | 302 302   -   -   -   -   -   -   -   -
alliance:sight-answer asked            302 302   -   -   -   -   -   -   -   - | 302 302 404 400 404 404 400 404 400 404
alliance:sight-answer supervision      302 302   -   -   -   -   -   -   -   - | 302 302 400 404 404 400 404 404 400 404
alliance:offer-answer offer            302 302   -   -   -   -   -   -   -   - | 302 302 404 400 404 404 404 404 404 404
alliance:emergency                     302 302 403 403 403 200 200 200 200 403 | 302 302 403 403 403 422 422 422 422 403
alliance:emergencies                   302 302 200 200 200 200 200 200 200 200 | 302 302   -   -   -   -   -   -   -   -
ratings:today                          302 302 200 200 200 403 403 403 403 403 | 302 302   -   -   -   -   -   -   -   -
ratings:news-seen                      302 302   -   -   -   -   -   -   -   - | 302 302 302 302 302 403 403 403 403 403
ratings:week                           302 302 200 200 200 403 403 403 403 403 | 302 302   -   -   -   -   -   -   -   -
ratings:week-plan                      302 302   -   -   -   -   -   -   -   - | 302 302 422 422 422 403 403 403 403 403
ratings:leave-take                     302 302   -   -   -   -   -   -   -   - | 302 302 422 422 422 403 403 403 403 403
ratings:leave-end leave                302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 403 403 403 403
ratings:planned-session planned        302 302 200 404 404 403 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:planned-session-move planned   302 302   -   -   -   -   -   -   -   - | 302 302 422 404 404 403 404 404 404 404
ratings:planned-session-cancel planned 302 302   -   -   -   -   -   -   -   - | 302 302 422 404 404 403 404 404 404 404
ratings:session-restore planned        302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:cases                          302 302 200 200 200 403 403 403 403 403 | 302 302 200 200 200 403 403 403 403 403
ratings:caseload                       302 302 403 403 403 200 200 200 403 403 | 302 302   -   -   -   -   -   -   -   -
ratings:caseload-all                   302 302 403 403 403 200 200 200 403 403 | 302 302 403 403 403 200 200 200 403 403
ratings:case-create                    302 302 200 200 200 403 403 403 403 403 | 302 302 422 422 422 403 403 403 403 403
ratings:case juniper                   302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:case sorrel                    302 302 200 404 404 404 404 200 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:case nothing                   302 302 404 404 404 404 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:course juniper                 302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:course sorrel                  302 302 200 404 404 404 404 200 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:course covered                 302 302 200 200 404 404 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:plan juniper                   302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:plan sorrel                    302 302 200 404 404 404 404 200 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:goal-agree juniper             302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:goal-agree sorrel              302 302 200 404 404 404 404 403 404 404 | 302 302 422 404 404 404 404 403 404 404
ratings:task-agree juniper             302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:phase-start juniper            302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:goal-edit goal                 302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:goal-end goal                  302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:goal-reopen goal               302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:task-edit task                 302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:task-end task                  302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:task-reopen task               302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:episode-end juniper            302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:case-cover juniper             302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:case-cover sorrel              302 302 200 404 404 404 404 403 404 404 | 302 302 422 404 404 404 404 403 404 404
ratings:case-cover covered             302 302 403 200 404 404 404 404 404 404 | 302 302 403 422 404 404 404 404 404 404
ratings:case covered                   302 302 200 200 404 404 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:session-log covered            302 302 200 200 404 404 404 404 404 404 | 302 302 422 422 404 404 404 404 404 404
ratings:episode-end covered            302 302 403 200 404 404 404 404 404 404 | 302 302 403 422 404 404 404 404 404 404
ratings:client-contact covered         302 302 403 200 404 404 404 404 404 404 | 302 302 403 302 404 404 404 404 404 404
ratings:client-rename  covered         302 302 403 200 404 404 404 404 404 404 | 302 302 403 422 404 404 404 404 404 404
ratings:case-hand-over juniper         302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:case-hand-over sorrel          302 302 200 404 404 404 404 403 404 404 | 302 302 422 404 404 404 404 403 404 404
ratings:case-hand-over covered         302 302 403 200 404 404 404 404 404 404 | 302 302 403 422 404 404 404 404 404 404
ratings:case-reopen juniper            302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:case-reopen covered            302 302   -   -   -   -   -   -   -   - | 302 302 403 302 404 404 404 404 404 404
ratings:case-earlier juniper           302 302 404 404 404 403 404 404 404 404 | 302 302 404 404 404 403 404 404 404 404
ratings:case-earlier after             302 302 404 200 404 404 404 404 404 404 | 302 302 404 302 404 404 404 404 404 404
ratings:cases-settle practice          302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 302 403
ratings:cases-settle nothing           302 302 403 403 403 403 403 403 404 403 | 302 302 403 403 403 403 403 403 404 403
ratings:cover-end cover                302 302   -   -   -   -   -   -   -   - | 302 302 302 302 404 404 404 404 404 404
ratings:case-offer-answer case_offer   302 302   -   -   -   -   -   -   -   - | 302 302 404 400 404 404 404 404 400 404
ratings:session-log juniper            302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:session-log sorrel             302 302 200 404 404 404 404 403 404 404 | 302 302 422 404 404 404 404 403 404 404
ratings:planned-session-log planned    302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:session-no-show planned        302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:session-no-show voided         302 302   -   -   -   -   -   -   -   - | 302 302 404 404 404 404 404 404 404 404
ratings:session-log-undo planned       302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:check-in-settings juniper      302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:check-in-settings sorrel       302 302 200 404 404 404 404 403 404 404 | 302 302 422 404 404 404 404 403 404 404
ratings:history-link juniper           302 302   -   -   -   -   -   -   -   - | 302 302 200 404 404 403 404 404 404 404
ratings:history-link sorrel            302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 404 404 403 404 404
ratings:session-move planned           302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:session-move voided            302 302 404 404 404 404 404 404 404 404 | 302 302 404 404 404 404 404 404 404 404
ratings:session-page held              302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:session-page planned           302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:session-page voided            302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:session-page elsewhere         302 302 200 404 404 404 404 200 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:session-page nothing           302 302 404 404 404 404 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:case-sheet juniper             302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:case-sheet sorrel              302 302 200 404 404 404 404 200 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:session-list juniper           302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:session-list sorrel            302 302 200 404 404 404 404 200 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:session-list covered           302 302 200 200 404 404 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:session-correct held           302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:session-correct voided         302 302 404 404 404 404 404 404 404 404 | 302 302 404 404 404 404 404 404 404 404
ratings:session-remove held            302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:session-remove planned         302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:session-remove voided          302 302 302 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:session-bring-back voided      302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:session-bring-back elsewhere   302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 404 404 403 404 404
ratings:session-refile held            302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:check-in-correct check_in      302 302 302 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:client-contact juniper         302 302 200 404 404 403 404 404 404 404 | 302 302 302 404 404 403 404 404 404 404
ratings:client-rename  juniper         302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:client-contact sorrel          302 302 200 404 404 404 404 403 404 404 | 302 302 302 404 404 404 404 403 404 404
ratings:client-rename  sorrel          302 302 200 404 404 404 404 403 404 404 | 302 302 422 404 404 404 404 403 404 404
ratings:check-ins                      302 302 200 200 200 403 403 403 403 403 | 302 302 422 422 422 403 403 403 403 403
ratings:check-in-enter check_in        302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:check-in-link check_in         302 302   -   -   -   -   -   -   -   - | 302 302 200 404 404 403 404 404 404 404
ratings:check-in-show check_in         302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:wish-settle wish               302 302   -   -   -   -   -   -   -   - | 302 302 400 404 404 403 404 404 404 404
ratings:import-upload                  302 302 200 200 200 403 403 403 200 403 | 302 302 422 422 422 403 403 403 422 403
ratings:client-list-upload             302 302 200 200 200 403 403 403 200 403 | 302 302 422 422 422 403 403 403 422 403
ratings:client-list-preview draft      302 302 404 404 404 403 403 403 200 403 | 302 302 404 404 404 403 403 403 422 403
ratings:import-preview draft           302 302 404 404 404 403 403 403 200 403 | 302 302 404 404 404 403 403 403 422 403
ratings:doubles                        302 302 200 200 200 403 403 403 403 403 | 302 302   -   -   -   -   -   -   -   -
ratings:case-join juniper_twice        302 302 200 404 404 403 404 404 404 404 | 302 302 409 404 404 403 404 404 404 404
ratings:case-part join                 302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:export-make                    302 302 200 200 200 403 403 403 200 403 | 302 302 422 422 422 403 403 403 422 403
ratings:export export                  302 302 404 404 404 403 403 403 200 403 | 302 302   -   -   -   -   -   -   -   -
ratings:export-archive export          302 302 404 404 404 403 403 403 200 403 | 302 302   -   -   -   -   -   -   -   -
ratings:export-key export              302 302 404 404 404 403 403 403 403 403 | 302 302   -   -   -   -   -   -   -   -
ratings:export own_export              302 302 200 404 404 403 403 403 404 403 | 302 302   -   -   -   -   -   -   -   -
ratings:export-key own_export          302 302 200 404 404 403 403 403 404 403 | 302 302   -   -   -   -   -   -   -   -
ratings:rupture flag                   302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:rupture-verdict flag           302 302   -   -   -   -   -   -   -   - | 302 302 400 404 404 403 404 404 404 404
ratings:rupture-set-aside flag         302 302   -   -   -   -   -   -   -   - | 302 302 422 404 404 403 404 404 404 404
ratings:rupture-bring-back flag        302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:rupture lower                  302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:rupture-usual lower            302 302   -   -   -   -   -   -   -   - | 302 302 422 404 404 403 404 404 404 404
ratings:rupture-kind flag              302 302   -   -   -   -   -   -   -   - | 302 302 422 404 404 403 404 404 404 404
ratings:rupture-plan flag              302 302   -   -   -   -   -   -   -   - | 302 302 422 404 404 403 404 404 404 404
ratings:rupture-step flag              302 302   -   -   -   -   -   -   -   - | 302 302 422 404 404 403 404 404 404 404
ratings:session-strain drawn           302 302   -   -   -   -   -   -   -   - | 302 302 400 404 404 403 404 404 404 404
ratings:session-strain held            302 302   -   -   -   -   -   -   -   - | 302 302 404 404 404 403 404 404 404 404
ratings:rupture-into-plan flag         302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:rupture-strain flag            302 302   -   -   -   -   -   -   -   - | 302 302 400 404 404 403 404 404 404 404
ratings:rupture-name juniper           302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:rupture-name sorrel            302 302 200 404 404 404 404 403 404 404 | 302 302 422 404 404 404 404 403 404 404
ratings:supervision-ask juniper        302 302 200 404 404 403 404 404 404 404 | 302 302 422 404 404 403 404 404 404 404
ratings:supervision-ask sorrel         302 302 200 404 404 404 404 403 404 404 | 302 302 422 404 404 404 404 403 404 404
ratings:supervision-withdraw question  302 302   -   -   -   -   -   -   -   - | 302 302 302 404 404 403 404 404 404 404
ratings:supervision                    302 302 200 200 200 200 200 200 403 403 | 302 302   -   -   -   -   -   -   -   -
ratings:meeting dana                   302 302 404 404 404 200 403 200 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:meeting noor                   302 302 404 404 404 404 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:meeting-case of_juniper        302 302   -   -   -   -   -   -   -   - | 302 302 404 404 404 422 403 404 404 404
ratings:meeting-case of_sorrel         302 302   -   -   -   -   -   -   -   - | 302 302 404 404 404 404 403 422 404 404
ratings:meeting-case of_nobody         302 302   -   -   -   -   -   -   -   - | 302 302 404 404 404 404 403 404 404 404
ratings:meeting-day dana               302 302   -   -   -   -   -   -   -   - | 302 302 404 404 404 422 403 422 404 404
ratings:meeting-close dana             302 302   -   -   -   -   -   -   -   - | 302 302 404 404 404 422 403 409 404 404
ratings:meeting-together               302 302 403 403 403 422 422 422 403 403 | 302 302   -   -   -   -   -   -   -   -
ratings:together-close                 302 302   -   -   -   -   -   -   -   - | 302 302 403 403 403 400 400 400 403 403
ratings:meeting-past past              302 302 200 404 404 200 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:meeting-past open              302 302 404 404 404 404 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
ratings:step-done step                 302 302   -   -   -   -   -   -   -   - | 302 302 400 404 404 400 404 404 404 404
ratings:step-done step_covered         302 302   -   -   -   -   -   -   -   - | 302 302 403 400 404 404 404 404 404 404
ratings:records                        302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
ratings:record-erase to_erase          302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
ratings:record-erase elsewhere_client  302 302 403 403 403 403 403 403 404 403 | 302 302 403 403 403 403 403 403 404 403
ratings:record-hold to_erase           302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
ratings:record-hold elsewhere_client   302 302 403 403 403 403 403 403 404 403 | 302 302 403 403 403 403 403 403 404 403
ratings:record-hold-lift to_erase      302 302   -   -   -   -   -   -   -   - | 302 302 403 403 403 403 403 403 302 403
ratings:retention practice             302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
ratings:retention nothing              302 302 403 403 403 403 403 403 404 403 | 302 302 403 403 403 403 403 403 404 403
ratings:retention-answer practice      302 302   -   -   -   -   -   -   -   - | 302 302 403 403 403 403 403 403 400 403
ratings:record-answer to_erase         302 302   -   -   -   -   -   -   -   - | 302 302 403 403 403 403 403 403 400 403
ratings:record-answer elsewhere_client 302 302   -   -   -   -   -   -   -   - | 302 302 403 403 403 403 403 403 404 403
ratings:erasure erased                 302 302 403 403 403 403 403 403 200 403 | 302 302   -   -   -   -   -   -   -   -
ratings:erasure erased_elsewhere       302 302 403 403 403 403 403 403 404 403 | 302 302   -   -   -   -   -   -   -   -
ratings:repair-words                   302 302 403 403 403 403 403 403 200 403 | 302 302   -   -   -   -   -   -   -   -
ratings:repair-words-edit words        302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
ratings:repair-words-edit key          302 302 403 403 403 403 403 403 404 403 | 302 302 403 403 403 403 403 403 404 403
ratings:repair-words-restore words     302 302   -   -   -   -   -   -   -   - | 302 302 403 403 403 403 403 403 302 403
ratings:detection-settings             302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 422 403
ratings:practice-figures               302 302 403 403 403 200 200 200 200 403 | 302 302   -   -   -   -   -   -   -   -
ratings:gaps                           302 302 403 403 403 403 403 403 200 403 | 302 302   -   -   -   -   -   -   -   -
ratings:questionnaires                 302 302 403 403 403 403 403 403 200 403 | 302 302   -   -   -   -   -   -   -   -
ratings:detection-back                 302 302 403 403 403 403 403 403 302 403 | 302 302 403 403 403 403 403 403 302 403
ratings:flags-work                     302 302 403 403 403 200 200 200 200 403 | 302 302   -   -   -   -   -   -   -   -
ratings:recalibration                  302 302 403 403 403 403 403 403 200 403 | 302 302 403 403 403 403 403 403 400 403
ratings:guide-put-away                 302 302   -   -   -   -   -   -   -   - | 302 302 404 404 404 404 404 404 404 404
ratings:guide-show                     302 302   -   -   -   -   -   -   -   - | 302 302 404 404 404 404 404 404 404 404
links:check-in token                   200 200 200 200 200 200 200 200 200 200 | 422 422 422 422 422 422 422 422 422 422
links:check-in used                    404 303 404 404 404 404 404 404 404 404 | 404 422 404 404 404 404 404 404 404 404
links:check-in unread                  410 410 410 410 410 410 410 410 410 410 | 410 410 410 410 410 410 410 410 410 410
links:check-in unknown                 404 404 404 404 404 404 404 404 404 404 | 404 404 404 404 404 404 404 404 404 404
links:check-in malformed               404 404 404 404 404 404 404 404 404 404 | 404 404 404 404 404 404 404 404 404 404
links:preferences preferences          200 200 200 200 200 200 200 200 200 200 | 400 400 400 400 400 400 400 400 400 400
links:preferences token                404 404 404 404 404 404 404 404 404 404 | 404 404 404 404 404 404 404 404 404 404
links:preferences malformed            404 404 404 404 404 404 404 404 404 404 | 404 404 404 404 404 404 404 404 404 404
links:preferences-stop preferences     302 302 302 302 302 302 302 302 302 302 | 204 204 204 204 204 204 204 204 204 204
links:preferences-stop token           404 404 404 404 404 404 404 404 404 404 | 404 404 404 404 404 404 404 404 404 404
links:digest-stop stop                 200 200 200 200 200 200 200 200 200 200 | 200 200 200 200 200 200 200 200 200 200
links:digest-stop token                404 404 404 404 404 404 404 404 404 404 | 404 404 404 404 404 404 404 404 404 404
links:who-reads token                  200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
links:who-reads history                200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
links:who-reads used                   404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:who-reads unread                 200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
links:who-reads preferences            404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:who-reads copy                   404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:who-reads unknown                404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:who-reads malformed              404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:check-in-sent                    404 200 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:check-in-change                  404 200 404 404 404 404 404 404 404 404 | 404 422 404 404 404 404 404 404 404 404
links:check-in-forget                    -   -   -   -   -   -   -   -   -   - | 200 200 200 200 200 200 200 200 200 200
links:privacy                          200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
links:history history                  200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
links:history token                    404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:history unknown                  404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:history malformed                404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:check-in history                 404 404 404 404 404 404 404 404 404 404 | 404 404 404 404 404 404 404 404 404 404
ratings:who-looked juniper             302 302 200 404 404 403 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
alliance:audit                         302 302 403 403 403 403 403 403 200 403 | 302 302   -   -   -   -   -   -   -   -
ratings:copy-make juniper              302 302 200 404 404 403 404 404 404 404 | 302 302 200 404 404 403 404 404 404 404
links:copy copy                        200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
links:copy-json copy                   200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
links:copy-csv copy                    200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
links:copy-json unknown                404 404 404 404 404 404 404 404 404 404 |   -   -   -   -   -   -   -   -   -   -
links:link-gone                        404 404 404 404 404 404 404 404 404 404 | 404 404 404 404 404 404 404 404 404 404
account_login                          200 200 302 302 302 302 302 302 302 302 | 200 200 302 302 302 302 302 302 302 302
account_logout                         302 302 200 200 200 200 200 200 200 200 | 302 302 302 302 302 302 302 302 302 302
account_inactive                       200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
account_signup                         200 200 302 302 302 302 302 302 302 302 | 200 200 302 302 302 302 302 302 302 302
account_reauthenticate                 302 302 200 200 200 200 200 200 200 200 | 302 302 200 200 200 200 200 200 200 200
account_request_reauthentication_code  302 302 403 403 403 403 403 403 403 403 | 302 302 403 403 403 403 403 403 403 403
account_confirm_reauthentication_code  302 302 403 403 403 403 403 403 403 403 | 302 302 403 403 403 403 403 403 403 403
account_email                          302 302 200 200 200 200 200 200 200 200 | 302 302 302 302 302 302 302 302 302 302
account_email_verification_sent        200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
account_change_password                302 302 200 200 200 200 200 200 200 200 | 302 302 200 200 200 200 200 200 200 200
account_set_password                   302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
account_reset_password                 200 200 200 200 200 200 200 200 200 200 | 200 200 200 200 200 200 200 200 200 200
account_confirm_login_code             302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
account_confirm_email key              200 200 200 200 200 200 200 200 200 200 | 404 404 404 404 404 404 404 404 404 404
account_reset_password_from_key_done   200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
account_reset_password_from_key reset  200 200 200 200 200 200 200 200 200 200 | 200 200 200 200 200 200 200 200 200 200
account_reset_password_done            200 200 200 200 200 200 200 200 200 200 |   -   -   -   -   -   -   -   -   -   -
mfa_index                              302 302 200 200 200 200 200 200 200 200 | 302 302   -   -   -   -   -   -   -   -
mfa_authenticate                       302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
mfa_reauthenticate                     302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
mfa_activate_totp                      302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
mfa_deactivate_totp                    302 302 404 404 404 404 404 404 404 404 | 302 302 404 404 404 404 404 404 404 404
mfa_view_recovery_codes                302 302 404 404 404 404 404 404 404 404 | 302 302   -   -   -   -   -   -   -   -
mfa_generate_recovery_codes            302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
mfa_download_recovery_codes            302 302 404 404 404 404 404 404 404 404 | 302 302 404 404 404 404 404 404 404 404
mfa_login_webauthn                     302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
mfa_reauthenticate_webauthn            302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
mfa_list_webauthn                      302 302 200 200 200 200 200 200 200 200 | 302 302   -   -   -   -   -   -   -   -
mfa_add_webauthn                       302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
mfa_edit_webauthn passkey              302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
mfa_remove_webauthn passkey            302 302 302 302 302 302 302 302 302 302 | 302 302 302 302 302 302 302 302 302 302
"""


def rows():
    for line in TABLE.strip().splitlines():
        name, *rest = line.replace("|", " ").split()
        subject = rest.pop(0) if not (rest[0].isdigit() or rest[0] == "-") else ""
        expected = [405 if cell == "-" else int(cell) for cell in rest]
        assert len(expected) == 2 * len(PERSONAS), line
        yield (
            name,
            subject,
            dict(zip(PERSONAS, expected, strict=False)),
            dict(zip(PERSONAS, expected[len(PERSONAS) :], strict=True)),
        )


def routes(patterns=None, namespace=""):
    """Every name that can be reversed, and the pattern itself where a route has none."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from routes(pattern.url_patterns, namespace + inner)
        else:
            yield f"{namespace}{pattern.name or pattern.pattern}"


def address(name, subject, subjects):
    if name == "links:link-gone":
        return "/c/some/where/else"
    return reverse(name, args=subjects[subject])


def test_every_route_is_in_the_table_and_every_row_has_a_route():
    assert {name for name, *_rest in rows()} == set(routes())


def test_no_route_hides_behind_another(subjects):
    hidden = {name for name, subject, *_rest in rows() if resolve(address(name, subject, subjects)).view_name != name}
    assert hidden == set()


def test_the_read_rows_are_those_of_rows_of_the_table():
    assert set(read_rows()) <= {(name, subject) for name, subject, *_rest in rows()}


METHODS = ("get", "head", "post", "put", "delete")
LINKS = ("history", "copy")  # their addresses hold a key; they are Juniper's
EXPORTS = ("export", "own_export")  # whose rows name every case that is in it


def test_the_table_has_thousands_of_cells():
    """A table that was cut short would find nothing wrong."""
    assert len(list(rows())) * len(PERSONAS) * len(METHODS) > 12_000


@pytest.fixture
def codes(subjects):
    """What the read rows of an address about one thing may name: itself, or anything of the same client."""
    clients = [set(codes_of(client)) for client in Client.objects.all()]
    found = {}
    for word, args in subjects.items():
        named = {str(subjects["juniper"][0] if word in LINKS else arg) for arg in args}
        if named and word not in EXPORTS:
            found[word] = named.union(*(of for of in clients if of & named))
    for word in ("dana", "noor"):  # meetings are about all cases of a therapist
        of_therapist = Client.objects.filter(episodes__therapist__code__in=found[word])
        found[word].update(*(codes_of(client) for client in of_therapist))
    found["past"] |= found["dana"]
    return found


@pytest.mark.sqlite  # on PostgreSQL test_database_filter.py asks for the same cells, as the application's role
@pytest.mark.parametrize("persona", PERSONAS)
def test_who_gets_what_and_leaves_which_read_row(persona, subjects, codes, browsers):
    wrong, read = [], read_rows()
    for name, subject, on_get, on_post in rows():
        read_on_get, read_on_post = read.get((name, subject), ({}, {}))
        of_get = Answer(on_get[persona], read_on_get.get(persona, ""))
        of_post = Answer(on_post[persona], read_on_post.get(persona, ""))
        expected = {"get": of_get, "head": of_get, "post": of_post}
        for method in METHODS:
            found = answer(browsers[persona], method, address(name, subject, subjects))
            right = expected.get(method, Answer(405, ""))
            if found != right:
                wrong.append(f"{name} {subject}: {method} as {persona}: {found}, not {right}")
            if found.of - codes.get(subject, found.of):
                wrong.append(f"{name} {subject}: {method} as {persona}: the row is of somebody else")
    assert not wrong, "\n".join(wrong)


def test_a_form_without_its_token_is_refused_except_under_a_link(subjects, browsers):
    """Under a link the key is the authority, for a draft the signature; elsewhere the CSRF check is first."""
    found = {}
    for name, subject, _on_get, on_post in rows():
        if on_post["dana"] == 405:
            continue
        found[name] = ask(browsers["dana"], "post", address(name, subject, subjects), with_token=False)
    exempt = {name for name, status in found.items() if status != 403}
    assert exempt == {
        "alliance:draft-keep",
        "links:check-in",
        "links:preferences",
        "links:preferences-stop",
        "links:digest-stop",
        "links:link-gone",
    }
