"""Which read rows each cell of the matrix leaves: what was read, by the word for it in the audit, and by whom.

`episode` was read, `episode*` listed, `episode>` taken out. "the same" is what the page shows again with an error.
A route that is not here, and a person who is not named, leaves none.
"""

from tests.browsers import PERSONAS

GROUPS = {"everybody": PERSONAS, "members": PERSONAS[2:]}
# route, what it is asked about | on GET (HEAD is the same) | on POST
TABLE = """
alliance:people                        | membership*: mona             | -
alliance:supervision-assign            | membership*: mona             | the same
alliance:member member                 | membership: mona              | the same
alliance:case-supervise noor           | episode*: mona                | the same
alliance:factor-reset member           | membership: mona              | -
ratings:member-end member              | membership: mona              | the same
alliance:supervision-end supervision   | supervision: mona             | -
alliance:asked                         | supervision*: members | -
alliance:emergencies                   | emergencyaccess*: members | -
ratings:today                          | client* episode*: dana; client episode*: noor; episode*: otis | -
ratings:week | client* therapysession*: dana noor; client therapysession*: otis | -
ratings:week-plan | - | client* therapysession*: dana noor; client therapysession*: otis
ratings:leave-take | - | client* therapysession*: dana noor; client therapysession*: otis
ratings:planned-session planned        | client* therapysession*: dana | -
ratings:planned-session-move planned   | -                             | client* therapysession*: dana
ratings:planned-session-cancel planned | -                             | client* therapysession*: dana
ratings:cases                          | client* episode*: dana; client episode*: noor; episode*: otis | the same
ratings:caseload                       | client episode*: sam; episode*: vera eve | -
ratings:caseload-all                   | client episode*: sam eve; episode*: vera | the same
ratings:case juniper                   | episode: dana sam             | -
ratings:case sorrel                    | episode: dana eve             | -
ratings:course juniper                 | episode: dana sam             | -
ratings:course sorrel                  | episode: dana eve             | -
ratings:course covered                 | episode: dana noor            | -
ratings:plan juniper                   | episode: dana sam             | -
ratings:plan sorrel                    | episode: dana eve             | -
ratings:goal-agree juniper             | episode: dana                 | the same
ratings:goal-agree sorrel              | episode: dana                 | the same
ratings:task-agree juniper             | episode: dana                 | the same
ratings:phase-start juniper            | episode: dana                 | the same
ratings:goal-edit goal                 | episode: dana                 | the same
ratings:goal-end goal                  | episode: dana                 | the same
ratings:task-edit task                 | episode: dana                 | the same
ratings:task-end task                  | episode: dana                 | the same
ratings:episode-end juniper            | client: dana                  | the same
ratings:case-cover juniper             | client: dana                  | the same
ratings:case-cover sorrel              | client: dana                  | the same
ratings:case-cover covered             | client: noor                  | the same
ratings:case covered                   | episode: dana noor            | -
ratings:session-log covered            | client: dana noor             | the same
ratings:episode-end covered            | client: noor                  | the same
ratings:client-contact covered         | client: noor                  | -
ratings:client-rename covered          | client: noor                  | the same
ratings:case-hand-over juniper         | client: dana                  | the same
ratings:case-hand-over sorrel          | client: dana                  | the same
ratings:case-hand-over covered         | client: noor                  | the same
ratings:case-earlier after             | episode: noor                 | -
ratings:cases-settle practice          | episode*: mona                | -
ratings:session-log juniper            | client: dana                  | the same
ratings:session-log sorrel             | client: dana                  | the same
ratings:planned-session-log planned    | client: dana                  | the same
ratings:check-in-settings juniper      | client: dana                  | the same
ratings:check-in-settings sorrel       | client: dana                  | the same
ratings:history-link juniper           | -                             | client: dana
ratings:session-move planned           | client: dana                  | the same
ratings:session-page held              | therapysession: dana sam      | -
ratings:session-page planned           | therapysession: dana sam      | -
ratings:session-page voided            | therapysession: dana sam      | -
ratings:session-page elsewhere         | therapysession: dana eve      | -
ratings:case-sheet juniper             | episode: dana sam             | -
ratings:case-sheet sorrel              | episode: dana eve             | -
ratings:session-list juniper           | episode: dana sam             | -
ratings:session-list sorrel            | episode: dana eve             | -
ratings:session-list covered           | episode: dana noor            | -
ratings:session-correct held           | client: dana                  | the same
ratings:session-remove held            | client: dana                  | the same
ratings:session-remove planned         | client: dana                  | the same
ratings:session-remove voided          | -                             | client: dana
ratings:session-refile held            | client*: dana                 | the same
ratings:check-in-correct check_in      | -                             | client: dana
ratings:client-contact juniper         | client: dana                  | -
ratings:client-rename juniper          | client: dana                  | the same
ratings:client-contact sorrel          | client: dana                  | -
ratings:client-rename sorrel           | client: dana                  | the same
ratings:check-ins                      | checkin* client: dana; checkin*: noor otis | the same
ratings:check-in-enter check_in        | client: dana                  | the same
ratings:check-in-link check_in         | -                             | client: dana
ratings:client-list-preview draft      | client*: mona                 | the same
ratings:doubles                        | client episode*: dana; episode*: noor otis | -
ratings:case-join juniper_twice        | episode: dana                 | the same
ratings:export-archive export          | dataexport> episode>: mona    | -
ratings:export-key own_export          | client* dataexport: dana      | -
ratings:rupture flag                   | rupture: dana sam             | -
ratings:rupture-set-aside flag         | -                             | rupture: dana
ratings:rupture lower                  | rupture: dana sam             | -
ratings:rupture-usual lower            | -                             | rupture: dana
ratings:rupture-kind flag              | -                             | rupture: dana
ratings:rupture-plan flag              | -                             | rupture: dana
ratings:rupture-step flag              | -                             | rupture: dana
ratings:rupture-into-plan flag         | rupture: dana                 | the same
ratings:rupture-name juniper           | client: dana                  | the same
ratings:rupture-name sorrel            | client: dana                  | the same
ratings:supervision-ask juniper        | client: dana                  | the same
ratings:supervision-ask sorrel         | client: dana                  | the same
ratings:supervision                    | client meeting*: dana noor; meeting*: otis sam vera eve | -
ratings:meeting dana                   | client episode*: sam eve      | -
ratings:meeting-case of_juniper        | -                             | client episode*: sam
ratings:meeting-case of_sorrel         | -                             | client episode*: eve
ratings:meeting-day dana               | -                             | client episode*: sam eve
ratings:meeting-close dana             | -                             | client episode*: sam eve
ratings:meeting-together               | meeting*: sam vera eve        | -
ratings:meeting-past past              | client* meeting: dana; client meeting: sam | -
ratings:records                        | erasurerequest*: mona         | the same
ratings:record-erase to_erase          | client: mona                  | the same
ratings:record-hold to_erase           | client: mona                  | the same
ratings:retention practice             | client*: mona                 | the same
ratings:erasure erased                 | erasure: mona                 | -
ratings:practice-figures               | practice*: sam vera eve mona  | -
ratings:gaps                           | practice*: mona               | -
ratings:questionnaires                 | instrument*: mona             | -
ratings:flags-work                     | strainverdict*: sam vera eve mona | -
ratings:recalibration                  | strainverdict*: mona          | -
links:history history                  | clientlink: everybody         | -
ratings:who-looked juniper             | episode: dana                 | -
alliance:audit                         | auditevent*: mona             | -
ratings:copy-make juniper              | episode: dana                 | client: dana
links:copy copy                        | clientlink>: everybody        | -
links:copy-json copy                   | clientlink>: everybody        | -
links:copy-csv copy                    | clientlink>: everybody        | -
"""


def read_rows():
    """(route, subject) -> who -> what GET leaves; and the same for POST."""
    found = {}
    for line in TABLE.strip().splitlines():
        asked, on_get, on_post = (part.strip() for part in line.split("|"))
        name, *subject = asked.split()
        post = on_get if on_post == "the same" else on_post
        found[name, "".join(subject)] = _by_person(on_get), _by_person(post)
    return found


def _by_person(cell):
    found = {}
    for part in cell.split(";") if cell != "-" else ():
        read, people = part.split(":")
        for one in people.split():
            found |= dict.fromkeys(GROUPS.get(one, [one]), " ".join(read.split()))
    return found
