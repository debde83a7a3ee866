import copy
import tomllib
from pathlib import Path

import pytest

from ratings.psychometrics import instruments
from ratings.psychometrics.evidence import Pillar, Rater
from ratings.psychometrics.instruments import InstrumentError, load, parse

DEFINITIONS = Path(instruments.__file__).parent.parent / "instruments"
FREE = {"CC0-1.0", "CC-BY-4.0"}  # licences under which everybody may use and change a text


def definition():
    return tomllib.loads((DEFINITIONS / "alliance-6.toml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", sorted(DEFINITIONS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_definition_loads_and_is_named_like_its_file(path):
    assert load(path).key == path.stem


def test_our_instrument_has_both_wordings_and_says_it_is_not_validated():
    ours = load(DEFINITIONS / "alliance-6.toml")
    assert [len(ours.items_of(pillar)) for pillar in Pillar] == [2, 2, 2]
    assert ours.wording("en-gb", Rater.CLIENT).items["bond_listened"] == "I felt listened to."
    assert set(ours.wording("en", Rater.THERAPIST).items) == {item.id for item in ours.items}
    assert ours.wording("en", Rater.CLIENT).answers[0] == "Not at all"
    assert ours.wording("fi", Rater.CLIENT) is None
    assert not ours.validated


@pytest.mark.parametrize("path", sorted(DEFINITIONS.glob("*.toml")), ids=lambda path: path.stem)
def test_only_what_is_free_for_everybody_carries_text(path):
    found = load(path)
    assert not found.texts or found.licence in FREE


@pytest.mark.parametrize("path", sorted(DEFINITIONS.glob("alliance-*.toml")), ids=lambda path: path.stem)
def test_ours_are_one_family(path):
    """The same five answers for both sides, every pillar, and no claim to validity."""
    ours = load(path)
    assert all(ours.items_of(pillar) for pillar in Pillar)
    client, therapist = (ours.wording("en", rater) for rater in Rater)
    assert client.answers == therapist.answers == ("Not at all", "A little", "Somewhat", "Mostly", "Completely")
    assert (ours.validated, ours.licence) == (False, "CC0-1.0")


@pytest.mark.parametrize("path", sorted(DEFINITIONS.glob("*.toml")), ids=lambda path: path.stem)
def test_the_therapist_answers_a_mirror_of_each_sentence(path):
    for wording in load(path).texts.values():
        client, therapist = (wording[rater].items for rater in Rater)
        assert client.keys() == therapist.keys()
        assert not set(client.values()) & set(therapist.values())


def test_the_wai_sr_key_is_the_published_one():
    key = load(DEFINITIONS / "wai-sr-client.toml")
    numbers = {pillar: [int(item.id.split("_")[1]) for item in key.items_of(pillar)] for pillar in Pillar}
    assert numbers == {Pillar.GOAL: [4, 6, 8, 11], Pillar.TASK: [1, 2, 10, 12], Pillar.BOND: [3, 5, 7, 9]}
    assert not any(item.reversed for item in key.items)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        (lambda d: d.pop("licence"), "licence"),
        (lambda d: d.update(lowest="0"), "lowest"),
        (lambda d: d.update(highest=0), "lowest answer"),
        (lambda d: d.update(overall="median"), "overall"),
        (lambda d: d.update(minimum_share=0), "minimum_share"),
        (lambda d: d.update(validated="no"), "validated"),
        (lambda d: d.update(colour="red"), "colour"),
        (lambda d: d.update(items=[]), "items"),
        (lambda d: d["items"][0].update(pillar="hope"), "hope"),
        (lambda d: d["items"][0].update(id="task_sense"), "task_sense"),
        (lambda d: d["items"][0].update(id="a b"), "a b"),
        (lambda d: d["items"][0].update(weight=2), "weight"),
        (lambda d: d.update(items=[i for i in d["items"] if i["pillar"] != "bond"]), "bond"),
        (lambda d: d["text"]["en"]["client"]["items"].pop("goal_known"), "goal_known"),
        (lambda d: d["text"]["en"]["client"]["items"].update(mood="x"), "mood"),
        (lambda d: d["text"]["en"]["client"].update(answers=["a", "b"]), "2 answers"),
        (lambda d: d["text"]["en"].update(observer={}), "observer"),
        (lambda d: d.update(text="ours"), "text.en.client"),
        (lambda d: d["text"].update(de="unser"), "text.en.client"),
        (lambda d: d["text"].update(de=d["text"].pop("en")), r"\[text\.en\] is missing"),
        (lambda d: d["text"]["en"].pop("therapist"), r"\[text\.en\.therapist\]: it is missing"),
        (lambda d: d["text"].update(de={"client": d["text"]["en"]["client"]}), r"\[text\.de\.therapist\]"),
        (lambda d: d["text"]["en"]["client"].pop("items"), r"\[text\.en\.client\]: its items"),
        (lambda d: d["text"]["en"]["client"].pop("answers"), r"\[text\.en\.client\]: answers are missing"),
        (lambda d: d["text"]["en"]["client"].update(answers="12345"), r"\[text\.en\.client\]: answers are missing"),
        (lambda d: d["text"]["en"]["client"].update(answers=["a", "b", " ", "d", "e"]), "answers are missing"),
        (lambda d: d["text"]["en"]["client"].update(labels=[]), "labels"),
        (lambda d: d["text"]["en"]["therapist"]["items"].update(goal_known=" "), r"therapist\]: goal_known: .* empty"),
        (lambda d: d["text"]["en"]["therapist"]["items"].update(goal_known=7), r"therapist\]: goal_known: .* empty"),
    ],
)
def test_a_wrong_definition_is_refused_with_its_part(change, part):
    wrong = copy.deepcopy(definition())
    change(wrong)
    with pytest.raises(InstrumentError, match=part):
        parse(wrong)


def test_a_file_that_is_not_toml_is_refused_by_name(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("key = ", encoding="utf-8")
    with pytest.raises(InstrumentError, match=r"broken\.toml"):
        load(path)
