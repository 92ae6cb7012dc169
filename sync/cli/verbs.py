"""Every verb of the command line: importing this registers them, in the order in which help lists them."""

from sync.cli import project, crm, plans, nights, both, sandboxes  # noqa: I001 - the order of the help
from sync.cli.app import app

__all__ = ["app", "both", "crm", "nights", "plans", "project", "sandboxes"]
