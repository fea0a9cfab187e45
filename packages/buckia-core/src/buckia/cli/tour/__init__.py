"""The guided tour behind `buckia demo`: folders made up on the spot, and the real commands."""
