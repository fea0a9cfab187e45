"""Names that anybody may give a file, for Hypothesis."""

from __future__ import annotations

from hypothesis import strategies as st

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
names = texts.filter(lambda name: not set(name) & set("/\\\0:") and name not in {".", ".."})
sound_keys = st.lists(names, min_size=1, max_size=4).map("/".join)
