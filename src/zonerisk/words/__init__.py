"""Words: every sentence that people read, and the reports made of them."""

__all__ = [
    "findings",
    "hazards",
    "phrases",
    "plan_report",
    "power",
    "report",
    "screen",
    "verdicts",
    "workloads",
]
