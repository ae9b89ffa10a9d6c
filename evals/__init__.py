"""Judge the rest: quality with n and an interval, speed as ratios in one run."""
