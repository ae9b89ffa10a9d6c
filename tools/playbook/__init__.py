"""What can be done for customers: the operator's file, what fits whom, and why."""
