"""Implements `runai submit`: turns flags into a draft and the draft into a workload, and waits for it."""
