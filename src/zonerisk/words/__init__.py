"""Words: every sentence that people read, and the reports made of them."""

__all__ = "answer causes dossier findings likelihood phrases plan_report record report verdicts workloads".split()
