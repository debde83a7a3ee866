"""What is found by a name as people type it."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alliance.names import folded, is_found

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cn", "Co"]), max_size=30)
WORDS = st.lists(st.text("abcdefgäöüéłøßñçśžı'’", min_size=1, max_size=8), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("Zoë Müller", ["zoe", "muller", "Müller Zoë", "zoë  müller", "MÜLLER", "mull", "mueller", "Müller, Zoë"]),
        ("Zoe\u0308 Nfd", ["Zoë", "zoe", "Zoe\u0308", "nfd zoë"]),
        ("Siobhán O’Brien", ["o'brien", "obrien", "siobhan", "O`Brien", "o´brien", "oʼbrien", "O＇Brien", "brien"]),
        ("D'Angelo", ["d’angelo", "dangelo", "D‘Angelo", "D′Angelo"]),
        ("Łukasz Żółć", ["lukasz", "zolc", "ŁUKASZ", "żółć łukasz"]),
        ("Nguyễn Thị Ánh", ["nguyen", "anh", "thi nguyen"]),
        ("İpek Straße", ["ipek", "strasse", "IPEK", "STRASSE", "ıpek"]),
        ("Işık", ["isik", "IŞIK", "ışık"]),
        ("spaced   name", ["spaced name", "name\u00a0spaced", " spaced\t name "]),
        ("Anna-Lena Weiß", ["anna lena", "annalena", "anna‑lena", "lena weiss", "Anna – Lena"]),
        ("Sørensen", ["sorensen", "soerensen", "SØRENSEN"]),
        ("Håkon Æðelþryð", ["hakon", "haakon", "aedelthryd"]),
        ("Mueller", ["Müller", "mueller"]),
        ("Đorđe Œuvrard", ["dorde", "oeuvrard"]),
        ("Ħal Ŧor", ["hal", "tor"]),
        ("María de la Cruz", ["delacruz", "de la cruz", "maria cruz"]),
        ("J. R. Hartley", ["jr hartley", "j.r.", "hartley"]),
        ("Ann\u200ba So\u00adfia", ["anna", "sofia"]),
        ("Ευγενία Σοφός", ["ευγενια", "ΣΟΦΟΣ", "σοφος"]),
        ("Алёна", ["алена", "АЛЁНА"]),
        ("ﬁona", ["fiona"]),
        ("김민지", ["민지", "김"]),
        ("🦊 12", ["🦊", "12"]),
    ],
)
def test_a_name_is_found_however_it_is_typed(name, typed):
    assert [text for text in typed if not is_found(text, name)] == []


@pytest.mark.parametrize(
    ("name", "typed"),
    [("Zoë Müller", "zoe miller"), ("Juniper", "sorrel"), ("Ada Wren", "adaw wren x"), ("Ann", "anna"), ("Ova", "zoe")],
)
def test_another_name_is_not_found(name, typed):
    assert not is_found(typed, name)


@pytest.mark.parametrize("typed", ["", "   ", "-", " ’ ", "\u200b"])
def test_what_has_no_word_in_it_leaves_every_name(typed):
    assert is_found(typed, "Juniper")


def test_names_stand_where_a_reader_looks_for_them():
    assert sorted(["Zoe", "Łukasz", "Émile", "ada", "Mona"], key=folded) == ["ada", "Émile", "Łukasz", "Mona", "Zoe"]


@given(NAMES)
def test_a_name_is_found_by_itself_and_folding_twice_is_folding_once(name):
    assert is_found(name, name)
    assert folded(folded(name)) == folded(name)


@given(NAMES, st.sampled_from(["NFC", "NFD"]))
def test_composed_and_decomposed_are_one(name, form):
    assert folded(unicodedata.normalize(form, name)) == folded(name)


@given(WORDS, st.randoms(use_true_random=False))
def test_the_order_of_the_words_and_their_capitals_make_no_difference(words, random):
    name = " ".join(words)
    random.shuffle(words)
    assert is_found("  ".join(words).upper(), name)
