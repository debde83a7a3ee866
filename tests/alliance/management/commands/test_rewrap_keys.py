import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet, InvalidToken
from django.core.management import call_command
from django.core.management.base import CommandError

from alliance import crypto
from alliance.management.commands import rewrap_keys
from alliance.models import Client, DataKey, Membership


@pytest.fixture
def authenticators(dana):
    """Dana signs in with two steps."""
    sealed = crypto.seal_for_installation("JBSWY3DP")
    return [
        Authenticator.objects.create(user=dana.user, type="totp", data={"secret": sealed}),
        Authenticator.objects.create(user=dana.user, type="recovery_codes", data={"seed": sealed, "used_mask": 5}),
        Authenticator.objects.create(user=dana.user, type="webauthn", data={"name": sealed, "credential": {}}),
    ]


def test_afterwards_the_new_key_alone_opens_everything(dana, juniper, authenticators, settings, monkeypatch, capsys):
    monkeypatch.setattr(rewrap_keys, "BATCH_SIZE", 1)  # so that there is a second turn
    old, new = settings.DATA_KEYS[0], Fernet.generate_key().decode()
    before = [key.wrapped for key in DataKey.objects.all()]
    assert len(before) >= 2
    settings.DATA_KEYS = [new, old]
    call_command("rewrap_keys")
    assert capsys.readouterr().out == f"{len(before)} data keys are wrapped with the first key. The others can go.\n"
    settings.DATA_KEYS = [new]
    assert Membership.objects.get(pk=dana.pk).display_name == "Dana Whitlock"
    assert Client.objects.get(pk=juniper.client_id).display_name == "Juniper"
    for row in authenticators:
        row.refresh_from_db()
    assert crypto.open_for_installation(authenticators[0].data["secret"]) == "JBSWY3DP"
    assert crypto.open_for_installation(authenticators[1].data["seed"]) == "JBSWY3DP"
    assert crypto.open_for_installation(authenticators[2].data["name"]) == "JBSWY3DP"
    assert authenticators[1].data["used_mask"] == 5
    for wrapped in before:
        with pytest.raises(InvalidToken):
            crypto.unwrap(wrapped)


def test_what_no_key_opens_is_counted_and_left_as_it_is(dana, juniper, settings):
    settings.DATA_KEYS, lost = [Fernet.generate_key().decode(), *settings.DATA_KEYS], juniper.client.data_key
    lost.wrapped = Fernet(Fernet.generate_key()).encrypt(Fernet.generate_key()).decode()
    lost.save()
    with pytest.raises(CommandError, match="^1 keys cannot be opened by any of ALLIANCE_DATA_KEYS. Take no key out.$"):
        call_command("rewrap_keys")
    assert DataKey.objects.get(pk=lost.pk).wrapped == lost.wrapped
    settings.DATA_KEYS = settings.DATA_KEYS[:1]
    assert Membership.objects.get(pk=dana.pk).display_name == "Dana Whitlock"  # the others were wrapped all the same
