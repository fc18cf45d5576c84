"""Values the customers of a merchant: expected purchases, expected spend and activity."""
