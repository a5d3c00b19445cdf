"""What each of Slipway's services may do: on the API server (`api`), and on the bus (`bus`).

Both are tables. The manifests beside them are generated from `api`; the broker's users are rendered from `bus`.
"""
