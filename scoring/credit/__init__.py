"""The credit domain: the probability of default, limits, reasons, decisions on applications."""
