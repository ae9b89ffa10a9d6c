"""What a customer is likely to do: outcomes, features, models learnt from the workspace's own history, reasons."""
