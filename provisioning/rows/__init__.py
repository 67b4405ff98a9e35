"""Between the records of the file and the rows of the database: one module for people, rosters and machines each.

Each section has a `load` (all rows as records) and a `write` (make one row, and what it holds, equal to a record).
"""
