"""A user's own: deployments from plans, Terraform and Kubernetes, own sites, and measured round trips."""

__all__ = ["audit", "gate", "own_sites", "plan", "probability", "round_trips"]
