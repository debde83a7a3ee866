"""The forms of a session on record: what they offer."""

from ratings.record.forms import SessionRefileForm
from tests.factories import make_episode


def test_the_other_client_of_the_name_under_which_a_session_is_filed_is_told_apart(dana, juniper):
    """It stands alone among those that are offered."""
    other, sorrel = make_episode(dana, "Juniper"), make_episode(dana, "Sorrel")
    form = SessionRefileForm(episodes=[other, sorrel], filed_under=juniper)
    choices = dict(form.fields["case"].choices)
    assert choices.keys() == {str(other.code), str(sorrel.code)}
    assert choices[str(other.code)].startswith("Juniper, since") and other.short_code in choices[str(other.code)]
    assert choices[str(sorrel.code)] == "Sorrel"
