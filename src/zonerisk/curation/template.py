"""Templates: a commented region and provider file for a contributor to fill in."""

from __future__ import annotations

from textwrap import wrap

from zonerisk.core.kinds import HAZARDS, STATED_FEEDS
from zonerisk.curation.integrity import MODELINE

TODO = "TODO"

PROVIDER = """\
# Who sells, or whose buildings others rent. The folder's name is the id.
name: TODO
# Two capital letters, ISO 3166: where the company is.
country: TODO
# cloud sells regions and zones; operator owns buildings that others rent.
role: cloud
# open, announced or closed.
status: open
# website: https://example.com/
# What is cited by this file and by every region file beside it.
evidence: {}
#  zone-list:
#    kind: operator
#    title: Regions and zones
#    url: https://example.com/regions
#    read: 2026-11-23
#    claim: Lists the regions and the zones of each.
# What the provider states of all its zones. A claim is tested, it proves nothing.
# claims:
#   - kind: separation-min       # zone-count, building-count, separation-min, separation-max,
#     text: Zones stand at least 15 km apart.   # rtt-max, separate-power, separate-network,
#     value: 15                  # shared-power, shared-network, dr-distance or other
#     unit: km                   # zones, buildings, km or ms
#     # true where it speaks of regions with zones only; codes of the regions it excepts.
#     zoned: false
#     exceptions: []
#     evidence: [zone-list]
"""

REGION = """\
# As the provider names it.
name: TODO
# Two capital letters, ISO 3166.
country: TODO
# The town that the provider names; a gazetteer checks every site against it.
town: TODO
# open, announced (not yet sold) or closed (add until: the last day).
status: open
# true where one zone is marketed or numbered as several datacenters (Strasbourg 1 to 5).
numbered: false
# true where only a few of the provider's services are sold (an edge or Local Zone), or only
# on request.
limited: false
# Where an account of the other regions cannot be used: china, us-gov.
# partition: china

# The zones as sold, by the provider's own ids that are the same for every customer.
# Without zones in its offer, one zone named after the region.
zones:
  zone-a:
    # The name on the price list, if it differs.
    # name: Zone A
    # The sites that the zone stands in, only where a source says so. Left out: not disclosed.
    # sites: [example-1]
    evidence: [zone-list]

# Sites that serve the region while nobody says which zone they are.
# candidates:
#   sites: [example-1, other-operator-paris/example-2]
#   # true only where a source gives one site for each zone.
#   one_per_zone: false
#   evidence: [zone-list]

# Where the zones are stated to stand in fewer buildings than there are zones.
# buildings:
#   at_most: 2
#   evidence: [zone-list]

# Buildings on one plot are one campus: they burn together.
# campuses:
#   example:
#     name: Example campus, Example street
#     evidence: [permit]

# Each building once, in the file of who owns it; tenants refer to it as region/site.
# sites:
#   example-1:
#     name: Example 1
#     # building, campus, or metro where nothing better than the town is known.
#     kind: building
#     # Its own town, where it differs from the region's.
#     town: Example
#     address: 1 Example street
#     # Its campus and its operator, where they have a record.
#     # campus: example
#     # operator: example-operator
#     # Days in service, as exactly as they are known: 2022, 2022-09 or 2022-09-12.
#     since: 2022-09
#     # until: 2026-03-10
#     # fate: destroyed          # destroyed, closed or sold; needs until
#     evidence: [permit]
#     position:
#       lat: 48.58606
#       lon: 7.79751
#       # Radius of the disc that surely holds it, metres: a mapped building 60 to 150, a
#       # campus 300 to 1000, a town 3000 and more, a metro 25000 and more. Decimals: 5 under
#       # 1 km, 4 under 3 km, 3 under 10 km, else 2.
#       uncertainty_m: 100
#       # outline or point on a map, registry, address, statement, campus, town.
#       method: outline
#       # The OpenStreetMap object and when it was read; or evidence: [permit].
#       osm: way/123456
#       read: 2026-11

# Stated supplies: when one fails, all its sites lose it. Only what a source says.
# feeds:
#   substation-x:
#     kind: power                # {feeds}
#     name: the one 20 kV supply of the site
#     sites: [example-1]
#     evidence: [permit]

# What an authority, an operator or an enquiry says of a hazard at sites.
# hazards:
#   river-x:
#     # {hazards}.
#     kind: flood
#     name: flood zone of the X
#     sites: [example-1]
#     relation: inside           # inside, near or outside
#     # distance_m: 300
#     evidence: [permit]

# What the provider states of this region's zones; see provider.yaml.
# claims: []

# Why we say so. Key: short and yours. What provider.yaml lists can be cited too.
evidence:
  zone-list:
    # operator, authority, incident-report or court (grade A); registry, map, layer or press
    # (B); history, inference or opinion (C).
    kind: operator
    title: TODO
    url: TODO
    # The day you read it.
    read: TODO
    # What it says, in your words.
    claim: TODO
    # true where it is second-hand, or you could not read it whole: one grade lower.
    weak: false
"""


def _filled(text: str) -> str:
    """Fill in the kinds that a record may have."""
    hazards, feeds = (f"{', '.join(kinds[:-1])} or {kinds[-1]}" for kinds in (HAZARDS, STATED_FEEDS))
    return text.replace("{hazards}", "\n#     # ".join(wrap(hazards, 90))).replace("{feeds}", feeds)


def region(modeline: bool) -> str:
    """Give a commented region file, with the line that names its schema or without."""
    return (MODELINE.format(kind="region") + "\n" if modeline else "") + _filled(REGION)


def provider(modeline: bool) -> str:
    """Give a commented provider file, with the line that names its schema or without."""
    return (MODELINE.format(kind="provider") + "\n" if modeline else "") + PROVIDER
