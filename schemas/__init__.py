"""JSON Schemas of the specification, the contracts and the ledger."""
