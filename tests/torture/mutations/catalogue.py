"""All mutations there are."""

from __future__ import annotations

from tests.torture.mutations.measures import (
    acting,
    bunny,
    deciding,
    flushing,
    hiding,
    looking,
    remembering,
    replacing,
    s3,
)

MUTATIONS = (
    *flushing.MUTATIONS,
    *replacing.MUTATIONS,
    *looking.MUTATIONS,
    *remembering.MUTATIONS,
    *deciding.MUTATIONS,
    *acting.MUTATIONS,
    *hiding.MUTATIONS,
    *s3.MUTATIONS,
    *bunny.MUTATIONS,
)
