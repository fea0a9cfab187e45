"""All mutations there are."""

from __future__ import annotations

from tests.torture.mutations.measures import (
    acting,
    bunny,
    databases,
    deciding,
    flushing,
    hiding,
    lane,
    layering,
    looking,
    overwriting,
    people,
    receiving,
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
    *overwriting.MUTATIONS,
    *databases.MUTATIONS,
    *hiding.MUTATIONS,
    *people.MUTATIONS,
    *layering.MUTATIONS,
    *s3.MUTATIONS,
    *lane.MUTATIONS,
    *bunny.MUTATIONS,
    *receiving.MUTATIONS,
)
