import pytest
from django.template import Context, Template
from django.urls import reverse, set_script_prefix

PAGES = ["ratings:case", "ratings:check-in-enter", "ratings:client-contact"]


@pytest.mark.parametrize("name", PAGES)
def test_it_is_the_address_that_django_gives(name, juniper, sorrel):
    written = Template("{% load addresses %}{% address name code %}")
    for episode in (juniper, sorrel):
        found = written.render(Context({"name": name, "code": episode.code}))
        assert found == reverse(name, args=[episode.code])


def test_it_follows_where_the_program_is_mounted(juniper):
    written = Template("{% load addresses %}{% address 'ratings:case' code %}")
    plain = written.render(Context({"code": juniper.code}))
    set_script_prefix("/alliance/")
    try:
        assert written.render(Context({"code": juniper.code})) == "/alliance" + plain
    finally:
        set_script_prefix("/")


def test_what_is_no_code_is_escaped():
    written = Template("{% load addresses %}{% address 'ratings:case' code %}")
    assert '"' not in written.render(Context({"code": '" onclick="'}))
