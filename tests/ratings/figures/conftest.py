"""The manager of the demo, and the files of its export."""

import pytest

from alliance.models import Membership
from tests.ratings.exported_files import files_of


@pytest.fixture
def manager(demo):
    return Membership.objects.get(user__email="manager@demo.test")


@pytest.fixture
def files(manager):
    return files_of(manager.practice)
