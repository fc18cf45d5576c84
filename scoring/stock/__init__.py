"""The stock domain: available stock, its outlook, orders, transfers, dead and expiring stock."""
