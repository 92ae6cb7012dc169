"""The packages that bring routes of their own; each is a function of the Api that returns Starlette routes."""

from __future__ import annotations

from collections.abc import Sequence

from connectors.sandbox.salesforce.app import Package

PACKAGES: Sequence[Package] = ()
