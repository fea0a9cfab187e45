"""The short way to a bucket, for the few kinds of requests that are made by the thousand.

The SDK needs more than a millisecond for each request, whatever the request. Here they are written,
signed and sent in a tenth of that. It has no meanings of its own: arguments and answers are those
of the SDK, and where one is out of the ordinary, the SDK gets it.
"""
