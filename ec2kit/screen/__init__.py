"""What a person sees: pure functions from values to text. Nothing here reads AWS, a clock or a terminal.

`values` turns one value into text or JSON, `columns` and `rows` a list of values into a table, TSV, CSV or JSON,
`plans` a plan, `reports` what happened to each item of a bulk command, `failures` an error, `progress` a run.
"""
