"""Words: every sentence that people read, and the reports made of them."""
