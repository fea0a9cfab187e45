"""Delivery to visitors."""
