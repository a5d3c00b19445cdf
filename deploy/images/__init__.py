"""Makes Slipway's image, and images of the servers that its tests run in containers.

Nothing has to be pulled: what this machine cannot pull is made here. These environment variables choose images to pull
instead:

| variable | instead of |
|---|---|
| `BASE_IMAGE` | the default of `BASE_IMAGE` in the Dockerfile |
| `NATS_IMAGE`, `ETCD_IMAGE`, `KUBE_APISERVER_IMAGE`, `KUBE_CONTROLLER_MANAGER_IMAGE` | making that server's image |
"""
