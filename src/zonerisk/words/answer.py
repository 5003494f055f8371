"""The answer: a verdict on one screen of sixteen lines, and several verdicts in a line each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from zonerisk.core.kinds import FEEDS
from zonerisk.core.model import Policy
from zonerisk.core.verdict import BLOCKS, Option, Verdict, block
from zonerisk.words import phrases
from zonerisk.words.report import Screen
from zonerisk.words.verdicts import RULES, block_order, bound, often, placed, policy_parts, stands

# Lines of an answer where a line has a hundred columns; narrower ones take as much more.
MOST_LINES, COLUMNS = 16, 100
# From so many lines on, so many regions that read alike, and those of one zone, are told in one.
MOST_REGIONS, MOST_ALIKE = 30, 4
# What goes first where nothing can be shortened.
SPARE = ("also", "where", "word")
# Characters of a sentence that stands whole.
LONG = 180
NO_WORD = "the provider states no distance between its zones"
_refuted = phrases.sentence("{0:quoted}: refuted, {1}{2:?, {2:interval}}")
_candidate = phrases.sentence(
    "{0.target}, {0.distance_m:interval}{1:?, may do}{2:?, {2}}"
    "{3:?, {3:#event} took two of its zones or more}"
)
FOOT = "\nPhysical causes only; software faults stop regions more often. As of {day}; all of it: --full"


class Row(NamedTuple):
    """One line of an answer: its label, and what it says, the least needful last; ``kept`` parts stay."""

    label: str
    parts: list[str]
    kept: int = 1


def single(verdict: Verdict, policy: Policy, screen: Screen) -> None:
    """Write a verdict as an answer that fits one screen."""
    known, findings = verdict.likelihood, verdict.policy.findings
    chance = f"{often(known.majority_lost)}, {bound(known)} a year (a model)"
    recovers = verdict.recovery or any(finding.rule == "dr" for finding in findings)
    rows = [
        Row("also", _also(verdict)),
        Row("where", _zones(verdict), 2),
        # Events speak for themselves; where there is none, it counts what was looked through.
        Row("record", [*verdict.record.told], 1 if verdict.record.several else 2),
        Row("likelihood", [f"a majority lost {chance}"] if len(verdict.independence.domains) > 1 else []),
        Row("word", _word(verdict)),
        Row("policy", policy_parts(policy, findings)),
        Row("recovery", _recovery(verdict.recovery) if recovers else []),
        Row("ask", questions(verdict)),
    ]
    rows = [row for row in rows if row.parts]
    most = MOST_LINES * max(COLUMNS, screen.width) // screen.width

    def lines() -> list[str]:
        text = Screen(screen.width, screen.styled)
        text.print(verdict.summary, "bold")
        text.table("", ("", ""), [(f"  {row.label}", "; ".join(row.parts)) for row in rows])
        text.print(FOOT.format(day=verdict.as_of), "dim")
        return text.lines

    dropped = []
    while len(lines()) > most and (long := [row for row in rows if len(row.parts) > row.kept]):
        row = max(long, key=lambda row: sum(map(len, row.parts)))
        dropped.append((row, row.parts.pop()))
    for row in [row for label in SPARE for row in rows if row.label == label]:
        if len(lines()) > most:
            rows.remove(row)
    # What a line still has room for comes back.
    for row, part in reversed(dropped):
        row.parts.append(part)
        if len(lines()) > most:
            row.parts.pop()
    screen.lines += lines()


def _also(verdict: Verdict) -> list[str]:
    """Write what else is shared, the best known first, and what is only suspected."""
    standing, texts = verdict.independence, []
    # What put several out is named by the record.
    rest = [
        risk
        for risk in standing.shared_risks
        if (risk.kind, risk.members) != (standing.cause.kind, standing.cause.members)
        if risk.kind != "incident" or risk.grade == "C"
    ]
    for risk in sorted(rest, key=lambda risk: (risk.grade, -risk.least))[:3]:
        text = risk.message
        if len(text) > LONG:
            share = "may share" if risk.grade == "C" else "share"
            members = phrases.names([standing.domains[key] for key in risk.members])
            text = f"{members} {share} one {KINDS.get(risk.kind, risk.kind)}"
        texts.append(phrases.graded(text, risk.grade))
    return texts


def _zones(verdict: Verdict) -> list[str]:
    """Write how far apart those stand whose place is known, nearest and farthest; or where one stands."""
    standing, spread, findings = verdict.independence, verdict.independence.spread, verdict.policy.findings
    names, class_, known = standing.domains, standing.class_, placed(verdict)
    if class_ == "one-zone":
        listed = [place for place in verdict.places if place.kind != "metro"]
        stands = [f"{place.name}{f', {place.town}' if place.town else ''}" for place in listed]
        if stands:
            # How many halls stand on a campus: of one zone, they are all there is.
            halls = [place.note.rstrip(".") for place in listed if place.kind == "campus" and place.note]
            return [phrases.names(stands), *halls]
        towns = f"; somewhere in {phrases.named(verdict.places)}" if verdict.places else ""
        return [f"which building holds it is not disclosed{towns}"]
    if not known and spread and class_ in ("shared", "partly"):
        two = spread.buildings == 2
        which = "both known ones" if two else f"the {spread.buildings} known ones"
        verb = f"{'' if two else 'all '}stand within" if spread.close else "span"
        return [f"no zone is tied to a building; {which} {verb} {phrases.distance(spread.diameter_m)}"]
    if not known or class_ == "suspected":
        return []
    ends = dict.fromkeys(of(known, key=lambda row: row.distance_m.rank) for of in (min, max))
    far = [
        f"{names[row.a]} to {names[row.b]} {phrases.interval(row.distance_m)}"
        for row in ends
        # Those that decide stand in the first sentence.
        if standing.cause.kind != "distance" or {row.a, row.b} != {*standing.cause.members}
    ]
    if class_ in ("near", "apart"):
        # Of zones that stand apart: which feeds are not disclosed, and what no layer reaches.
        feeds = [row.rule for row in findings if row.outcome == "unknown" and row.rule in FEEDS]
        bare = [RULES.get(row.rule, row.rule) for row in findings if row.outcome == "not-assessed"]
        gaps = {"not disclosed": feeds, "not assessed": bare}
        far += [f"{what}: {', '.join(rules)}" for what, rules in gaps.items() if rules]
    return far


def _recovery(options: Sequence[Option]) -> list[str]:
    """Name the first place to recover in with its own class and record, and one that is nearer or shown."""
    fit = [option for option in options if option.outcome != "fail"]
    if not fit:
        return [f"none of its {len(options)} other regions will do" if options else "none on record"]
    first, *rest = fit
    alike = [option for option in rest if option.outcome == first.outcome]
    nearer = [option for option in alike if option.distance_m.rank < first.distance_m.rank]
    shown = [option for option in alike if option.class_ == "apart" and first.class_ != "apart"]
    label = "nearer: " if nearer else "first of those shown: " if shown else ""
    return [_option(first), *(f"{label}{_option(option)}" for option in (nearer or shown or rest)[:1])]


def _option(option: Option) -> str:
    known = option.class_ and stands(option.class_), option.losses or None
    return _candidate(option, option.outcome == "unknown", *known)


def _word(verdict: Verdict) -> list[str]:
    """Write how the provider's word on distances held, where nothing is shown or it is refuted here."""
    names = verdict.independence.domains
    if len(names) < 2 or verdict.units == "sites":
        return []
    for word in verdict.word:
        for test in word.tested:
            if test.region == verdict.target and not test.held:
                pair = " to ".join(names[key] for key in test.pair if key in names)
                return [_refuted(word.text, pair, test.distance_m)]
    if verdict.independence.outcome != "unknown":
        return []
    if tested := [word for word in verdict.word if word.tested]:
        word = min(tested, key=lambda word: (word.kind != "separation-min", -len(word.tested)))
        verb, held = "held" if word.held else "refuted", f"held in {word.held} of {len(word.tested)} regions"
        held = f"{verb} in the one region" if len(word.tested) == 1 else held
        return [f"{phrases.quoted(word.text)}: {held} where it can be checked (evidence C)"]
    if not verdict.word:
        return [NO_WORD]
    return [f"{phrases.quoted(verdict.word[0].text)}: cannot be checked in any region"]


def questions(verdict: Verdict) -> list[str]:
    """Write what to ask the provider, and what that would settle."""
    spread, names = verdict.independence.spread, verdict.independence.domains
    noun = "datacenter" if verdict.units == "sites" else "zone"
    many = spread and f"which of the {spread.buildings} known buildings holds which {noun}"
    texts = {
        "places": many or f"where each {noun} stands",
        "power": f"which substations feed each {noun}",
        "network": f"which cables and network rooms serve each {noun}",
        "incidents": "a complete list of its events, zone by zone",
        "changed": "whether that cause has been removed since",
    }
    asked = []
    for question in verdict.ask:
        text = texts[question.kind]
        known = verdict.independence.cause.kind == "distance"
        if question.kind == "places" and (known or len(question.subjects) < len(names)):
            text = f"where exactly {phrases.names([names[key] for key in question.subjects])} stand"
        gains = ["the class"] if question.decides else []
        rules = [RULES.get(rule, rule) for rule in question.settles]
        gains += rules if len(rules) == 1 else [f"{len(rules)} rules"] * bool(rules)
        asked.append(f"{text} (settles {' and '.join(gains)})")
    return asked


def several(verdicts: Sequence[Verdict], screen: Screen) -> None:
    """Write several verdicts, one line each, the worst first; of very many, those that read alike in one."""
    blocks = Counter(block(verdict.independence.class_) for verdict in verdicts)
    counts = ", ".join(f"{blocks[name]} {name}" for name in BLOCKS if blocks[name])
    screen.print(f"{phrases.count(len(verdicts), 'region')}, worst first: {counts}", "bold")
    alike: dict[tuple[str, ...], list[str]] = {}
    rows = []
    for verdict in sorted(verdicts, key=block_order):
        class_ = verdict.independence.class_
        cells = why(verdict), bound(verdict.likelihood)
        rows.append((class_, verdict.target, *cells))
        alike.setdefault((class_,) if class_ == "one-zone" else (class_, *cells), []).append(verdict.target)
    least = MOST_ALIKE if len(verdicts) > MOST_REGIONS else len(verdicts) + 1
    many = {", ".join(what): ids for what, ids in alike.items() if len(ids) >= least}
    listed = [row for row in rows if not any(row[1] in ids for ids in many.values())]
    screen.table("", ("class", "region", "why", "a majority lost"), listed)
    for what, ids in many.items():
        screen.print(f"\n{what}: {', '.join(ids)}")
    screen.print("\nA majority lost in a year, by a model. One region alone takes a screen.", "dim")


def why(verdict: Verdict) -> str:
    """Write in a line what decides a verdict, and the last event that took several together."""
    standing, names = verdict.independence, {event.id: event for event in verdict.record.incidents}
    cause, spread = standing.cause, standing.spread
    total = standing.datacenters.count if verdict.units == "sites" else standing.zones.sold
    units = phrases.count(total, "datacenter" if verdict.units == "sites" else "zone")
    if cause.risk:
        share = "may share" if standing.class_ == "suspected" else "share"
        text = f"{cause.least} of {units} {share} one {KINDS.get(cause.kind, cause.kind)}"
    elif standing.class_ in ("near", "apart") and cause.distance_m:
        text = f"{units}, the nearest {phrases.interval(cause.distance_m)}"
    elif spread:
        verb = "within" if spread.close else "span"
        text = f"{units}; {spread.buildings} known buildings {verb} {phrases.distance(spread.diameter_m)}"
    else:
        text = units
    if verdict.record.several:
        last = names[verdict.record.several[-1]]
        text += f"; {last.cause} {last.start[:4]}"
    return text


KINDS = {"power": "supply", "network": "network", "incident": "event", "count": "place"}
"""Shared risks by what is shared."""
