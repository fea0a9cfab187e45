"""Linode's API: buckets, keys and figures of an account.

Nothing is imported here, so that a sync which does not ask it needs no HTTP client.
"""
