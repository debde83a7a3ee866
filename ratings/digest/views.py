"""The page that stops the counts by e-mail, under the link in each of them. Opening it changes nothing."""

from django.shortcuts import render

from alliance.accounts.digests import Rhythm, digest_of_link, stop_digest
from alliance.requests import require_page_or_post
from ratings.check_in.views.link import key_in_address, link_gone


@key_in_address
@require_page_or_post
def digest_stop(request, token):
    """A mail program may post here by itself (RFC 8058), and follows no redirect."""
    digest = digest_of_link(token)
    if digest is None:
        return link_gone(request)
    if request.method == "POST":
        stop_digest(digest=digest)
        digest.refresh_from_db()
    return render(request, "ratings/digest/digest_stop.html", {"is_stopped": digest.rhythm == Rhythm.NONE})
