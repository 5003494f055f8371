"""Words: every sentence that people read, and the reports made of them."""

__all__ = [
    "comparison",
    "compliance",
    "hazards",
    "phrases",
    "plan_report",
    "power",
    "report",
    "sarif",
    "summary",
    "verdicts",
    "workloads",
]
