import pytest

from tests.signing_in import give_password


@pytest.fixture
def known(mona):
    """Mona with a password."""
    return give_password(mona)
