"""The one class to subclass: all cases together."""

from __future__ import annotations

from buckia.testing.cases.absences import Absences
from buckia.testing.cases.asking import BegunReads
from buckia.testing.cases.conditions import ConditionalDeletes, ConditionalWrites
from buckia.testing.cases.copies import ConditionalCopies, Copies, Moves
from buckia.testing.cases.crowds import Crowds
from buckia.testing.cases.deletes import Deletes
from buckia.testing.cases.extras import DigestsOfMany, Identities, ManyDeletes, RemoteDigests, Urls
from buckia.testing.cases.holding import Holding
from buckia.testing.cases.names import Names
from buckia.testing.cases.outlines import Outlining
from buckia.testing.cases.parts import PartsOfScans
from buckia.testing.cases.pieces import TellingPieces
from buckia.testing.cases.probes import Probing
from buckia.testing.cases.publishing import Publishing
from buckia.testing.cases.ranges import Ranges
from buckia.testing.cases.scans import Scans
from buckia.testing.cases.sending import BegunWrites
from buckia.testing.cases.sizes import Sizes
from buckia.testing.cases.staging import Retiring, Staging, Surveying, Sweeping
from buckia.testing.cases.together import StagingTogether
from buckia.testing.cases.traits import Facts
from buckia.testing.cases.uploads import Uploads
from buckia.testing.cases.versions import Versions


class StorageConformance(
    Sizes,
    Names,
    Versions,
    Scans,
    PartsOfScans,
    Uploads,
    Deletes,
    Absences,
    Facts,
    Crowds,
    ConditionalWrites,
    ConditionalDeletes,
    BegunWrites,
    BegunReads,
    Outlining,
    Ranges,
    TellingPieces,
    Copies,
    ConditionalCopies,
    Moves,
    RemoteDigests,
    DigestsOfMany,
    Holding,
    ManyDeletes,
    Urls,
    Identities,
    Probing,
    Publishing,
    Staging,
    StagingTogether,
    Retiring,
    Sweeping,
    Surveying,
):
    """What every store promises, as cases. Subclass it and override the fixture `storage`:

        class TestMyStore(StorageConformance):
            @pytest.fixture
            def storage(self, tmp_path):
                store = MyStore(tmp_path / "bucket")
                yield store
                store.close()

    The store is fresh and empty for each case. Cases about an ability are skipped, with the
    reason, where the store does not offer it. Besides the fixture a subclass may override
    `reopen` (the same bucket opened anew), `described` (what is kept with an object),
    `visited` (what a browser finds at an address), and the sizes `large`, `many`, `largest_page`
    and `racers`.
    """
