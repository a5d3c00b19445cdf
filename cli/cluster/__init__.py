"""How `runai` reaches the cluster: contexts, connections, streams, projects and what waiting means."""
