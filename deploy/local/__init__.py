"""The local platform: a real control plane, a real broker and Slipway's services as processes on this machine.

You can set these environment variables:

| variable | what it does |
|---|---|
| `SLIPWAY_KUBECONFIG` | use this cluster instead of the control plane; kinds and namespaces are installed there |
| `SLIPWAY_LOCAL` | the platform's folder instead of `.local`; another folder is another platform |
| `SLIPWAY_CACHE` | where the control plane's programs are kept, instead of `~/.cache/slipway` |
| `KUBEBUILDER_ASSETS` | a folder with these programs, searched first if its version is the same |
| `SLIPWAY_KUBERNETES_URL`, `SLIPWAY_ETCD_URL` | mirrors of `https://dl.k8s.io` and of etcd's releases |
"""
