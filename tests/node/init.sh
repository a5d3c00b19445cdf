#!/bin/bash
# The first process of the node's namespaces: prepares them, says so, and waits. Variables: RUN, NODE, ADDRESS, SERVICES.
set -eu
mount --make-rprivate /
mount -t proc proc /proc
mount --bind "$RUN/varlib" /var/lib
mount --bind "$RUN/varlog" /var/log
mount -t tmpfs -o mode=755 tmpfs /run
# a sysfs of this network, with the machine's control groups in it
mkdir /run/cgroup
mount --rbind /sys/fs/cgroup /run/cgroup
mount -t sysfs sysfs /sys
mount --rbind /run/cgroup /sys/fs/cgroup
umount -l /run/cgroup
# the kubelet sets these for the whole machine: give it files instead
for file in "$RUN"/sysctl/*; do
  name=${file##*/}
  mount --bind "$file" "/proc/sys/${name//.//}"
done
mount --make-rshared /
hostname "$NODE"
ip link set lo up
ip addr add "$ADDRESS/32" dev lo
# The node's own packets to a Service need a route before kube-proxy changes their destination; those of pods do not.
ip route add "$SERVICES" dev lo src "$ADDRESS" table 100
ip rule add iif lo to "$SERVICES" lookup 100
echo 1 > /proc/sys/net/ipv4/ip_forward
echo 1 > /proc/sys/net/bridge/bridge-nf-call-iptables
echo ready > "$RUN/ready"
while :; do sleep 3600 & wait $!; done
