"""The flat layout of OpenFIT exports: one row per session."""

from decimal import Decimal

from django.utils.translation import gettext as _

from ratings.cells.problem import BadLine
from ratings.cells.values import reference_in
from ratings.importing.cells import day_of, decimal_of, number_of, text_of, whole_of, yes_or_no_of
from ratings.importing.past import PastRating, PastSession
from ratings.psychometrics.evidence import Rater

SRS = ("srs-3", "1")  # its items stand in the order of SRSQ1 to SRSQ4
SRS_COLUMNS = ("SRSQ1", "SRSQ2", "SRSQ3", "SRSQ4")
DAYS = ("Session_Date", "case_date")
ADD_UP_WITHIN = Decimal("0.05")  # half of the last digit that OpenFIT shows: a total of rounded parts
COLUMNS = ("Client_ID", "Case_ID", "Session_ID", "Session_Date", "SRS_Skip", *SRS_COLUMNS, "Total_SRS")


class OpenFit:
    """Reads the rows of an OpenFIT export.

    The therapist is Provider_Email, else Provider_ID, else the name. OpenFIT requires the e-mail and makes it the
    sign-in; the id is optional and the practice's own, and a name is neither unique nor stable.
    """

    def __init__(self, instruments, now, order):
        self.srs, self.now, self.order = instruments.get(SRS), now, order
        self.by_key, self.line_of = {}, {}
        self.has_ors = False

    def read_row(self, line, cells):
        if self.srs is None:
            raise BadLine(_("The scoring key of the SRS is not loaded here: run sync_instruments."))
        if any(cells.get(name) for name in ("orsq1", "orsq2", "orsq3", "orsq4", "total_ors")):
            self.has_ors = True
        client, case = text_of(cells, "Client_ID"), text_of(cells, "Case_ID")
        number = whole_of(cells, "Session_ID")
        first = self.line_of.setdefault((client, case, number), line)
        if first != line:
            raise BadLine(_("This session is on line %(line)s already.") % {"line": first})
        day = day_of(cells, "Session_Date", self.now, self.order)
        rating = self._rating(line, cells)
        name = cells.get("provider_name") or " ".join(
            cells.get(part, "") for part in ("provider_firstname", "provider_lastname")
        )
        therapists = (cells.get("provider_email"), reference_in(cells.get("provider_id", "")), name.strip())
        self.by_key[client, case, number] = PastSession(
            line=line,
            client=client,
            case=case,
            number=number,
            therapists=tuple(filter(None, therapists)),
            day=day,
            case_day=day_of(cells, "case_date", self.now, self.order) if cells.get("case_date") else None,
            ratings=(rating,) if rating else (),
        )

    def _rating(self, line, cells):
        skipped = yes_or_no_of(cells, "SRS_Skip")
        parts = [number_of(cells, name, self.srs) for name in SRS_COLUMNS if cells[name]]
        highest = self.srs.highest * len(self.srs.items)
        total = decimal_of(cells, "Total_SRS", 0, highest) if cells["Total_SRS"] else None
        if skipped:
            if parts or total is not None:
                raise BadLine(_("SRS_Skip says that the SRS was left out, and there are scores."))
            return None
        if not parts and total is None:
            raise BadLine(_("SRS_Skip says that the SRS was filled in, and there are no scores."))
        if parts and len(parts) < len(SRS_COLUMNS):
            raise BadLine(_("Some of SRSQ1 to SRSQ4 are empty. Give all four, or Total_SRS alone."))
        if parts and total is not None and abs(sum(parts) - total) > ADD_UP_WITHIN:
            raise BadLine(_("SRSQ1 to SRSQ4 do not add up to Total_SRS."))
        # OpenFIT divides a total that came alone among the four, so these four are nobody's answers.
        total_alone = total is not None and len(set(parts)) <= 1
        answers = {} if total_alone else {item.id: part for item, part in zip(self.srs.items, parts, strict=True)}
        return PastRating(line, Rater.CLIENT, SRS, answers, total=total if total_alone else None)

    def sessions(self):
        return self.by_key.values()

    def cases(self):
        return {}
