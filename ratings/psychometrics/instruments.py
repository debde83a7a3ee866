"""Instruments as data: items, range, scoring key, source, licence, and texts.

A definition is a TOML file. Licensed questionnaires come as a scoring key, without any text that we may not print.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ratings.psychometrics.evidence import Pillar, Rater

OVERALL_OF_PILLARS = "pillars"
OVERALL_OF_ITEMS = "items"
SMALLEST_SHARE_OF_ITEMS = 0.5  # convention of this app: half of a pillar's items


class InstrumentError(ValueError):
    """A definition that cannot be used; the sentence says which part and why."""


@dataclass(frozen=True, slots=True)
class Item:
    """One question."""

    id: str
    pillar: Pillar | None = None  # None: it counts in the total only
    reversed: bool = False  # a high answer means a weak alliance


@dataclass(frozen=True, slots=True)
class Wording:
    """The sentences of an instrument for one rater in one language."""

    items: Mapping[str, str]
    answers: tuple[str, ...]  # labels from the lowest to the highest answer


@dataclass(frozen=True, slots=True)
class Instrument:
    """One version of a questionnaire."""

    key: str
    version: str
    title: str
    licence: str
    source: str
    items: tuple[Item, ...]
    lowest: int
    highest: int
    overall: str = OVERALL_OF_PILLARS  # "pillars": mean of the three; "items": sum of all items
    minimum_share: float = SMALLEST_SHARE_OF_ITEMS
    whole_answers: bool = True
    validated: bool = False
    texts: Mapping[str, Mapping[Rater, Wording]] = field(default_factory=dict)

    def items_of(self, pillar: Pillar) -> tuple[Item, ...]:
        """The items that a pillar's score is made of."""
        return tuple(item for item in self.items if item.pillar == pillar)

    def wording(self, language: str, rater: Rater) -> Wording | None:
        """The texts for a rater in a language; None where there are none.

        "de-ch" falls back to "de".
        """
        for code in (language, language.split("-")[0]):
            if rater in self.texts.get(code, {}):
                return self.texts[code][rater]
        return None


def load(path: Path | str) -> Instrument:
    """Read an instrument from a TOML file.

    Raises
    ------
    InstrumentError
        The file is not TOML, or the definition is incomplete or contradicts itself.
    """
    path = Path(path)
    try:
        definition = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InstrumentError(f"{path.name} is not readable as TOML: {error}.") from error
    try:
        return parse(definition)
    except InstrumentError as error:
        raise InstrumentError(f"{path.name}: {error}") from error


def parse(definition: Mapping[str, Any]) -> Instrument:
    """Make an instrument from a definition already read from TOML.

    Raises
    ------
    InstrumentError
        With a sentence that names the part and what is wrong with it.
    """
    parts = {"key", "version", "title", "licence", "source", "items", "lowest", "highest", "overall"}
    parts |= {"minimum_share", "whole_answers", "validated", "text"}
    if unknown := sorted(set(definition) - parts):
        raise InstrumentError(f"{unknown[0]!r} is not a part of an instrument.")
    strings = {name: _string(definition, name) for name in ("key", "version", "title", "licence", "source")}
    lowest, highest = _whole(definition, "lowest"), _whole(definition, "highest")
    if lowest >= highest:
        raise InstrumentError(f"the lowest answer ({lowest}) must be below the highest ({highest}).")
    overall = definition.get("overall", OVERALL_OF_PILLARS)
    if overall not in (OVERALL_OF_PILLARS, OVERALL_OF_ITEMS):
        raise InstrumentError(f'overall is {overall!r}; write "pillars" or "items".')
    share = definition.get("minimum_share", SMALLEST_SHARE_OF_ITEMS)
    if isinstance(share, bool) or not isinstance(share, int | float) or not 0 < share <= 1:
        raise InstrumentError(f"minimum_share is {share!r}; write a number above 0 and up to 1.")
    items = _items(definition.get("items"))
    if overall == OVERALL_OF_PILLARS and {item.pillar for item in items} < set(Pillar):
        raise InstrumentError('overall = "pillars" needs items for goal, task and bond.')
    instrument = Instrument(
        **strings,
        items=items,
        lowest=lowest,
        highest=highest,
        overall=overall,
        minimum_share=float(share),
        whole_answers=_yes_or_no(definition, "whole_answers", True),
        validated=_yes_or_no(definition, "validated", False),
        texts=_texts(definition.get("text", {}), items, highest - lowest + 1),
    )
    return instrument


def _string(definition: Mapping[str, Any], name: str) -> str:
    value = definition.get(name)
    if not isinstance(value, str) or not value.strip():
        raise InstrumentError(f"{name} is missing or not a text.")
    return value


def _whole(definition: Mapping[str, Any], name: str) -> int:
    value = definition.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise InstrumentError(f"{name} is {value!r}; write a whole number.")
    return value


def _yes_or_no(definition: Mapping[str, Any], name: str, default: bool) -> bool:
    value = definition.get(name, default)
    if not isinstance(value, bool):
        raise InstrumentError(f"{name} is {value!r}; write true or false.")
    return value


def _items(rows: object) -> tuple[Item, ...]:
    if not isinstance(rows, list) or not rows:
        raise InstrumentError("there are no [[items]].")
    items: list[Item] = []
    for position, row in enumerate(rows, start=1):
        if not isinstance(row, Mapping):
            raise InstrumentError(f"item {position} is not a table.")
        if unknown := sorted(set(row) - {"id", "pillar", "reversed"}):
            raise InstrumentError(f"item {position}: {unknown[0]!r} is not a part of an item.")
        identifier = row.get("id")
        if not isinstance(identifier, str) or not identifier.isidentifier():
            raise InstrumentError(f"item {position}: its id is {identifier!r}; use letters, digits and underscores.")
        if identifier in (item.id for item in items):
            raise InstrumentError(f"item {position}: the id {identifier!r} is used twice.")
        pillar = row.get("pillar")
        if pillar is not None and pillar not in tuple(Pillar):
            raise InstrumentError(f"item {identifier!r}: {pillar!r} is not goal, task or bond.")
        items.append(Item(identifier, pillar and Pillar(pillar), _yes_or_no(row, "reversed", False)))
    return tuple(items)


def _texts(languages: object, items: tuple[Item, ...], steps: int) -> dict[str, dict[Rater, Wording]]:
    if not isinstance(languages, Mapping) or not all(isinstance(raters, Mapping) for raters in languages.values()):
        raise InstrumentError("write a text as [text.en.client], [text.en.therapist] and so on.")
    if languages and "en" not in languages:
        raise InstrumentError("[text.en] is missing; English is what other languages fall back on.")
    texts = {}
    for language, raters in languages.items():
        for rater in sorted(set(raters) ^ set(Rater)):
            problem = "the rater is client or therapist" if rater in raters else "it is missing; both sides are asked"
            raise InstrumentError(f"[text.{language}.{rater}]: {problem}.")
        texts[language] = {
            Rater(rater): _wording(wording, f"[text.{language}.{rater}]", items, steps)
            for rater, wording in raters.items()
        }
    return texts


def _wording(wording: object, where: str, items: tuple[Item, ...], steps: int) -> Wording:
    if not isinstance(wording, Mapping) or not isinstance(wording.get("items"), Mapping):
        raise InstrumentError(f"{where}: its items are missing or not a table.")
    if unknown := sorted(set(wording) - {"items", "answers"}):
        raise InstrumentError(f"{where}: {unknown[0]!r} is not a part of a wording.")
    sentences, answers = wording["items"], wording.get("answers")
    for identifier in sorted(set(sentences) ^ {item.id for item in items}):
        problem = "no such item" if identifier in sentences else "its sentence is missing"
        raise InstrumentError(f"{where}: {identifier}: {problem}.")
    for identifier, sentence in sentences.items():
        if not _is_text(sentence):
            raise InstrumentError(f"{where}: {identifier}: its sentence is empty or not a text.")
    if not isinstance(answers, list) or not all(_is_text(answer) for answer in answers):
        raise InstrumentError(f"{where}: answers are missing; write a list of texts, from the lowest to the highest.")
    if len(answers) != steps:
        raise InstrumentError(f"{where}: {len(answers)} answers, but the scale has {steps}.")
    return Wording(dict(sentences), tuple(answers))


def _is_text(text: object) -> bool:
    return isinstance(text, str) and bool(text.strip())
