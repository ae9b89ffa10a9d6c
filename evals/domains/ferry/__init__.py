"""An overnight ferry line on the Baltic: its passengers, what they do, and what its analysts ask."""
