"""Read the formats of delivered files, one module per format.

A reader turns a file into chunks of text by delivered name, in bounded memory, and interprets no
value. So every format gets the same checks.
"""
