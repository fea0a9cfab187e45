"""A fake of Linode's API for Object Storage, for tests: real HTTP, and no account is charged.

    import json
    from urllib.request import Request, urlopen

    from buckia_linode.testing import Fails, FakeLinode, Memory

    memory = Memory()
    with FakeLinode("personal-token", backend=memory) as fake:

        def ask(method, path, document=None):
            body = document and json.dumps(document).encode()
            headers = {"Authorization": "Bearer personal-token"}
            request = Request(f"{fake.api}/object-storage{path}", body, headers, method=method)
            return json.load(urlopen(request))

        ask("POST", "/buckets", {"label": "photos", "region": "us-ord", "endpoint_type": "E3"})
        grant = {"bucket_name": "photos", "region": "us-ord", "permissions": "read_only"}
        key = ask("POST", "/keys", {"label": "reader", "bucket_access": [grant]})
        assert key["regions"][0]["s3_endpoint"] == "us-ord-10.linodeobjects.com"
        assert ask("GET", f"/keys/{key['id']}")["secret_key"] == "[REDACTED]"

        [bucket] = fake.buckets
        memory.put(bucket, "a.jpg", b"12345")
        assert ask("GET", "/buckets/us-ord/photos")["size"] == 5

        fake.faults = (Fails(on="GET */endpoints", status=503, nth=2),)
        fake.tokens["watching"] = "read_only"
        assert [asked.status for asked in fake.requests] == [200] * 4
        assert fake.cancellations == 0

It tells of buckets and keys; S3 itself it does not speak. With a `Backend` it acts on a service
that does: buckets are made there, and keys open what they should. Such a service is reached at
the host of an `Endpoint`, which a test gives. Buckets that come to be without the API are not told.

It is stricter than the service where its behaviour is not documented, so that nothing depends on
luck: parameters, fields and filters that it does not know are refused; addresses are good for an
hour at most; a key is of regions or of buckets, not of both; a label is there once in a region.
Each token has windows of its own, in which it may ask so many times (`Limits`). Nobody may ask to
end the service for the account: that is refused, and `cancellations` counts it.
"""

from __future__ import annotations

from buckia.standins.log import Asked
from buckia.standins.troubles import Fails
from buckia_linode.testing.backend import (
    Acl,
    Backend,
    Bucket,
    Count,
    Grant,
    Link,
    NotEmpty,
    Permissions,
    Rights,
    StoredObject,
    Taken,
)
from buckia_linode.testing.endpoints import USUAL, Endpoint, EndpointType
from buckia_linode.testing.memory import Memory
from buckia_linode.testing.server import FakeLinode, Scope
from buckia_linode.testing.windows import Limits

__all__ = [
    "USUAL",
    "Acl",
    "Asked",
    "Backend",
    "Bucket",
    "Count",
    "Endpoint",
    "EndpointType",
    "Fails",
    "FakeLinode",
    "Grant",
    "Limits",
    "Link",
    "Memory",
    "NotEmpty",
    "Permissions",
    "Rights",
    "Scope",
    "StoredObject",
    "Taken",
]
