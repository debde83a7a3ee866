"""A file that the public key seals: it comes back whole for the private key, or not at all."""

from io import BytesIO

import pytest

from alliance.installation import sealed_file
from alliance.installation.sealed_file import MAGIC, PART_BYTES, SEALED_KEY_BYTES, TAG_BYTES, DoesNotOpen

PRIVATE, PUBLIC = sealed_file.new_key_pair()
WHOLE_PART = PART_BYTES + TAG_BYTES


def sealed(content, pieces=3):
    out = BytesIO()
    size = max(1, -(-len(content) // pieces))
    parts = (content[start : start + size] for start in range(0, len(content), size))
    sealed_file.seal(parts, out, sealed_file.public_key(PUBLIC))
    return out.getvalue()


def opened(file, key=PRIVATE):
    return b"".join(sealed_file.opened(BytesIO(file), sealed_file.private_key(key)))


@pytest.mark.parametrize("length", [0, 1, PART_BYTES - 1, PART_BYTES, PART_BYTES + 1, 3 * PART_BYTES])
def test_the_content_comes_back(length):
    content = bytes(range(256)) * (length // 256) + b"x" * (length % 256)
    assert opened(sealed(content)) == content


def test_nothing_of_it_can_be_read_without_the_key():
    file = sealed(b"Juniper said this." * 100)
    assert b"Juniper" not in file
    with pytest.raises(DoesNotOpen, match="sealed for another key"):
        opened(file, sealed_file.new_key_pair()[0])


def test_a_file_that_was_cut_changed_or_put_together_anew_does_not_open():
    file = sealed(b"y" * (2 * PART_BYTES + 5))
    head = len(MAGIC) + SEALED_KEY_BYTES
    first, second = file[head : head + WHOLE_PART], file[head + WHOLE_PART : head + 2 * WHOLE_PART]
    rest = file[head + 2 * WHOLE_PART :]
    for damaged in (
        file[: head + WHOLE_PART],  # cut between two parts
        file[:-1],
        file[:head] + second + first + rest,
        file[:-3] + bytes([file[-3] ^ 1]) + file[-2:],
    ):
        with pytest.raises(DoesNotOpen, match="damaged, or was cut"):
            opened(damaged)
    with pytest.raises(DoesNotOpen, match="no backup of this program"):
        opened(b"PGDMP" + file)


def test_a_text_that_is_no_key_is_refused():
    for text in ("", "hunter2", PUBLIC[:-4]):
        with pytest.raises(ValueError):
            sealed_file.public_key(text)
