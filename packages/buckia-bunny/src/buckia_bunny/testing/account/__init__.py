"""The account, its pull zones and its API."""
