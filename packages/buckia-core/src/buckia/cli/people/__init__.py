"""The commands of `buckia users`, each a module."""
