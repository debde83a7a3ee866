"""Nobody is named on the page unless the client agreed to it."""

from ratings.check_in.asked_by import asked_by


def test_the_therapist_is_named_only_where_the_client_agreed(http, juniper, asked, opened):
    assert asked_by(juniper) == "From the practice that asked you."
    page = http.get(opened(asked)).text
    assert "From the practice that asked you." in page and "Dana Whitlock" not in page
    juniper.client.therapist_may_be_named = True
    juniper.client.save()
    assert "From your therapist, Dana Whitlock." in http.get(opened(asked)).text
