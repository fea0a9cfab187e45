"""The settings of a bucket: its policy, its access list, CORS, the life of objects, and so on.

And what is told of single objects besides their bytes: `admin.metadata(key)`.

    with Administration.of(config) as admin:
        change = admin.policy.plan({"Statement": [...]})
        for line in change.diff(): ...
        admin.policy.apply(change)

All settings have one shape, which is `Setting`.
"""

from __future__ import annotations

from buckia_s3.admin.administration import KINDS, Administration
from buckia_s3.admin.change import Change, Value, readable
from buckia_s3.admin.objects import ObjectChange, ObjectMetadata
from buckia_s3.admin.setting import Setting
from buckia_s3.admin.unfit import Unfit

__all__ = [
    "KINDS",
    "Administration",
    "Change",
    "ObjectChange",
    "ObjectMetadata",
    "Setting",
    "Unfit",
    "Value",
    "readable",
]
