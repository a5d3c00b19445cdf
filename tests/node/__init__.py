"""Slipway on a real node: a kubelet, containerd and a network of their own on this machine, and the chart in it."""
