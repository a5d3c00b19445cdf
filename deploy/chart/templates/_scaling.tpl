{{/* Who decides the number of a service's pods. Takes (root, name, consumer). */}}
{{- define "slipway.scaling" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $consumer := index . 2 -}}
{{- $scaling := (index $root.Values $name).autoscaling -}}
{{- if eq $scaling.by "hpa" }}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata:
  name: slipway-{{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "slipway.selector" $name | nindent 4 }}
    {{- include "slipway.labels" $root | nindent 4 }}
spec:
  scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: slipway-{{ $name }}}
  minReplicas: {{ $scaling.min }}
  maxReplicas: {{ $scaling.max }}
  metrics:
  - type: Resource
    resource:
      name: cpu
      target: {type: Utilization, averageUtilization: {{ $scaling.cpu }}}
{{- else if eq $scaling.by "keda" }}
---
apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata:
  name: slipway-{{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "slipway.selector" $name | nindent 4 }}
    {{- include "slipway.labels" $root | nindent 4 }}
spec:
  scaleTargetRef: {name: slipway-{{ $name }}}
  minReplicaCount: {{ $scaling.min }}
  maxReplicaCount: {{ $scaling.max }}
  pollingInterval: 10
  triggers:
  - type: nats-jetstream
    metadata:
      {{- if $root.Values.nats.enabled }}
      natsServerMonitoringEndpoint: slipway-nats.{{ $root.Release.Namespace }}.svc:8222
      account: $G
      {{- else }}
      natsServerMonitoringEndpoint: {{ required "externalNats.monitoring is not set, and KEDA reads the lag there" $root.Values.externalNats.monitoring }}
      account: {{ $root.Values.externalNats.account }}
      {{- end }}
      stream: WORKLOADS
      consumer: {{ $consumer }}
      lagThreshold: {{ $scaling.lag | quote }}
      useHttps: "false"
{{- end }}
{{- end }}
