import pytest

from alliance.templatetags.phones import dialled


@pytest.mark.parametrize(
    ("written", "rung"),
    [
        ("01632 960 117", "01632960117"),
        ("(555) 123-4567", "5551234567"),
        ("+44 (0)20 7946 0958", "+442079460958"),
        ("(+44) 20 7946 0958", "+442079460958"),
        ("030/555-0117", "0305550117"),
        ("555.123.4567 ext. 12", "5551234567;ext=12"),
        ("112", "112"),
    ],
)
def test_a_number_is_dialled_without_what_is_written_for_the_eye(written, rung):
    assert dialled(written) == rung
