"""The questionnaires that the demo's clients and therapists answer."""

from ratings.check_in.instrument_choice import definition_of, own_text
from ratings.models.rating import columns_of
from ratings.psychometrics.scoring import score


class Questions:
    """One of our own questionnaires, in one wording."""

    def __init__(self, key: str, language: str) -> None:
        text = own_text(key, language)
        assert text is not None  # `sync_instruments` comes first
        self.text = text
        self.instrument = definition_of(text.instrument)
        # Most of the 5^6 ways to answer come again and again.
        self._columns: dict[str, dict[str, object]] = {}

    def columns(self, answers: str) -> dict[str, object]:
        """The columns of a rating with these answers: themselves, and their scores."""
        if answers not in self._columns:
            marks = answers.replace(" ", "")
            items = {item.id: int(mark) for item, mark in zip(self.instrument.items, marks, strict=True) if mark != "."}
            self._columns[answers] = {"answers": items, **columns_of(score(items, self.instrument))}
        return self._columns[answers]
