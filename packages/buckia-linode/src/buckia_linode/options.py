"""What a `.buckia` file may say of a bucket at Linode."""

from __future__ import annotations

from buckia.secrets import Secret
from buckia_s3.options import Options as S3Options


class Options(S3Options, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Those of S3, and what the API takes."""

    token: Secret | None = None
    """A personal access token: it finds the endpoint and makes keys. A sync can do without."""
    api_url: str | None = None
    """Where the API is, if not at its usual address."""
