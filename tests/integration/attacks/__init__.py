"""Attacks on the promise that a workload grants nothing, each by the person or program that would try it.

Files are named after the attacker: `test_researcher_...` has the shipped role of researchers and nothing else,
`test_stranger_...` is a program in the cluster that reaches the bus or the services, `test_author_...` may write
templates, policies or ConfigMaps.
"""
