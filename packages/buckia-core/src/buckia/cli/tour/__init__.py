"""The guided tour behind `buckia demo`: two sides made up on the spot, and the real commands."""
