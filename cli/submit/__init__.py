"""What `runai submit` does: flags into a draft, the draft into a workload, and waiting for it."""
