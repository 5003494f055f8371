"""Words: every sentence that people read, and the reports made of them."""

__all__ = ["answer", "dossier", "findings", "phrases", "plan_report", "report", "verdicts"]
