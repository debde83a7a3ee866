"""What every page under a link shares."""

from django.urls import reverse


def test_the_privacy_page_is_there_for_everybody_and_names_nobody(http, millrace, asked, opened):
    millrace.crisis_phone = "01632 960 117"
    millrace.save()
    assert reverse("links:privacy") in http.get(opened(asked)).text
    page = http.get(reverse("links:privacy")).text
    for answer in ("What is kept", "Who sees it", "How to stop", "How to get a copy, or have it deleted"):
        assert answer in page
    assert "01632 960 117" in page
    assert "Millrace" not in page
