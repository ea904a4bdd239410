"""The Content-Security-Policy: nothing from elsewhere, nothing inline."""

from __future__ import annotations

POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; img-src 'self' data:; "
    "object-src 'none'; base-uri 'none'; form-action 'none'"
)


# For a file of the authors that is opened by itself. Not `sandbox`: that keeps PDFs from showing.
FILES_POLICY = "script-src 'none'; form-action 'none'; frame-ancestors 'self'"


def header_policy(path: str) -> str:
    """The policy as a header, which alone may say who embeds a page: anyone, a graph's page."""
    if path.startswith("/files/"):
        return f"{POLICY}, {FILES_POLICY}"  # both hold
    ancestors = "*" if path.startswith("/graphs/") else "'self'"
    return f"{POLICY}; frame-ancestors {ancestors}"
