"""Local CRMs over real HTTP, to build and to test against.

    with running("salesforce", seed=Seed(accounts=500, reps=12, seed=1)) as crm:
        crm.url, crm.credentials, crm.history(), crm.fault("drop"), crm.edit(…), crm.advance(60)

They are as strict and as nasty as the real ones; `connectors.sandbox.core` says how a vendor plugs in.
"""

from connectors.sandbox.remote import Crm, SandboxRefused
from connectors.sandbox.seed import Seed
from connectors.sandbox.server import SandboxBroken, attach, running, serve

__all__ = ["Crm", "SandboxBroken", "SandboxRefused", "Seed", "attach", "running", "serve"]
