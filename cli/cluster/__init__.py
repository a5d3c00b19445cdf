"""How `runai` reaches the cluster: contexts, connections, streams and projects."""
