"""Delivery: addresses, signed ones too, the account's API, and clearing what the edge has cached.

Nothing is imported here: who only signs an address needs no HTTP client.
"""
