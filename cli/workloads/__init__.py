"""Workloads as `runai` shows them: pages, explanations, comparisons, lookups."""
