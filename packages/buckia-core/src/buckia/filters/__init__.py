"""Which keys take part: what the configuration lasts to say, and what one run is narrowed to.

`Filters` is for good: a key that it leaves out is out of scope. `RunFilter` is of one run: a key
that it leaves out is neither touched nor forgotten. Both are pure; whoever builds them brings the
texts of the ignore files.
"""

from buckia.filters.run import RunFilter
from buckia.filters.verdict import DEFAULTS, Filters, Verdict

__all__ = ["DEFAULTS", "Filters", "RunFilter", "Verdict"]
