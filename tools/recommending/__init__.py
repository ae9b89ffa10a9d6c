"""Which items a customer is likely to take up next: counted, ranked and explained."""
