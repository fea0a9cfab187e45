"""A small app with pictures and a database, on several devices that Buckia keeps in step."""
