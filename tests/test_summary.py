"""The first words answer: do the zones fail independently, why not, what is not known."""

from __future__ import annotations

import pytest

from zonerisk.library import Library


@pytest.mark.parametrize(
    ("region", "said"),
    [
        (
            "ovh-sbg",
            "its 3 datacenters (sold as 1 zone) do not fail independently. SBG3, SBG4 and SBG5 stand on one campus",
        ),
        ("google-northamerica-south1", "at least 2 of its 3 zones share one cause of failure. "),
        ("google-northamerica-south1", "Without them at most 1 of 3 is left: no majority."),
        (
            "google-europe-north1",
            "It is not disclosed where any zone stands. All 4 known buildings stand within 757 m.",
        ),
        ("scaleway-fr-par", "its 3 zones stand apart. The nearest, PAR1 and PAR3, are 8.6 km"),
        (
            "aws-us-east-1",
            "not shown whether its 6 zones fail independently. It is not disclosed where any zone stands. Its ",
        ),
        # Of three that are placed, the pair that may stand nearest.
        (
            "azure-austriaeast",
            "leave it open how far apart they are: Microsoft, near Achau to Microsoft, near Vösendorf under 12.7 km.",
        ),
        ("google-us-west1", "Both known buildings stand within 226 m."),
        ("ibm-jp-osa", "OSA21-A, OSA22-A and OSA23-A stand on one campus: IDC Frontier"),
        ("hetzner-fsn1", "1 zone as sold, so nothing is left when it fails."),
    ],
)
def test_the_answer_of_each_class(shipped: Library, region: str, said: str) -> None:
    assert said in shipped.score(region).summary


def test_a_summary_is_three_sentences_at_most(shipped: Library) -> None:
    for region in ("ovh-sbg", "ovh-rbx", "scaleway-fr-par", "aws-eu-west-1", "hetzner-fsn1"):
        found = shipped.score(region)
        told = found.summary.removeprefix(f"{found.name}: ")
        assert told.count(". ") <= 2, told
        assert told.endswith(".")
