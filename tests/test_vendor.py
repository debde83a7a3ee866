import hashlib

import pytest
from django.conf import settings


@pytest.mark.parametrize("folder", ["static/vendor", "tests/e2e/vendor"])
def test_vendored_files_are_the_ones_the_readme_names(folder):
    folder = settings.BASE_DIR / folder
    rows = [line.split("|") for line in (folder / "README.md").read_text().splitlines() if line.startswith("| ")][1:]
    named = {row[1].strip(): row[4].strip() for row in rows}
    files = [file for file in folder.iterdir() if file.name != "README.md" and "LICENSE" not in file.name]
    assert {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files} == named
