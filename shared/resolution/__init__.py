"""Sources in, values set with provenance or every violation out; pure."""
