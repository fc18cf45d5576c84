"""The spending domain: forecasts the spending of card customers at all merchants."""
