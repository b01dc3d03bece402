"""The token endpoint's grants: one package each, with its checks and their order."""

from __future__ import annotations
