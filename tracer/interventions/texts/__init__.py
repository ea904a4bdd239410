"""What features do on texts, read once from end to end: only what is kept grows, never with them.

From below: `windows` and `batch` (places in texts), `strongest`, `ranges`, `spread` and `sample`
(what is kept of them), `running` (all of that, as one state that can be put down and taken up).
"""
