"""The short way to a bucket, for all that runs ask of it.

The SDK needs half a second to be loaded, and more than a millisecond for each request, whatever the
request. Here they are written, signed and sent in a tenth of that. The lane has no meanings of its
own: arguments and answers are those of the SDK, and where one is out of the ordinary, the SDK gets
it.
"""
