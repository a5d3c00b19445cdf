{{/*
A service: its Deployment, and how many of its pods may be missing at a time.

Takes (root, name, own): `own` are its `settings`, `volumes`, `mounts`, `ports` and `lifecycle`, each as YAML text, and
whether it uses the `bus`, as all do for which nothing is said.
*/}}
{{- define "slipway.service" -}}
{{- $root := index . 0 -}}{{- $name := index . 1 -}}{{- $own := index . 2 -}}
{{- $values := index $root.Values $name -}}
{{- $scaled := ne (dig "autoscaling" "by" "none" $values) "none" -}}
{{- $onBus := dig "bus" true $own -}}
{{- $bus := dict -}}
{{- if $onBus -}}
{{- $bus = include "slipway.bus" (list $root $name) | fromYaml -}}
{{- $_ := set $bus "SLIPWAY_DECLARE_CONSUMERS" $root.Values.stream.heal -}}
{{- end -}}
{{- $settings := mergeOverwrite $bus ($own.settings | default "" | fromYaml) $root.Values.environment $root.Values.settings $values.settings -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: slipway-{{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "slipway.selector" $name | nindent 4 }}
    {{- include "slipway.labels" $root | nindent 4 }}
spec:
  {{- if not $scaled }}
  replicas: {{ $values.replicas }}
  {{- end }}
  revisionHistoryLimit: 3
  selector:
    matchLabels:
      {{- include "slipway.selector" $name | nindent 6 }}
  template:
    metadata:
      labels:
        {{- include "slipway.selector" $name | nindent 8 }}
        {{- include "slipway.labels" $root | nindent 8 }}
      {{- with $root.Values.podAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: slipway-{{ $name }}
      {{- include "slipway.pod" $root | nindent 6 }}
      # after SIGTERM, work in progress has SLIPWAY_DRAIN_TIMEOUT (15 s) to end, and the rest of the process a few more
      terminationGracePeriodSeconds: {{ add 15 (get $settings "SLIPWAY_DRAIN_TIMEOUT" | default 15 | float64 | ceil | int) }}
      topologySpreadConstraints:
      - maxSkew: 1
        topologyKey: kubernetes.io/hostname
        whenUnsatisfiable: ScheduleAnyway
        labelSelector:
          matchLabels:
            {{- include "slipway.selector" $name | nindent 12 }}
      containers:
      - name: {{ $name }}
        image: {{ include "slipway.image" $root }}
        imagePullPolicy: {{ $root.Values.image.pullPolicy }}
        args: [services.{{ $name }}]
        env:
        {{- include "slipway.env" $settings | nindent 8 }}
        ports:
        - {name: http, containerPort: 8080}
        {{- with $own.ports }}{{ . | nindent 8 }}{{ end }}
        {{- with $own.lifecycle }}
        lifecycle: {{- . | nindent 10 }}
        {{- end }}
        startupProbe:
          httpGet: {path: /livez, port: http}
          periodSeconds: 1
          failureThreshold: 60
        livenessProbe:
          httpGet: {path: /livez, port: http}
          periodSeconds: 10
          timeoutSeconds: 5
        readinessProbe:
          httpGet: {path: /readyz, port: http}
          periodSeconds: 5
          timeoutSeconds: 5
          failureThreshold: 2
        resources: {{- toYaml $values.resources | nindent 10 }}
        {{- include "slipway.container" $root | nindent 8 }}
        volumeMounts:
        {{- include "slipway.accountMount" $root | nindent 8 }}
        {{- if $onBus }}{{ include "slipway.busMounts" (list $root $name) | nindent 8 }}{{ end }}
        {{- with $own.mounts }}{{ . | nindent 8 }}{{ end }}
      volumes:
      {{- include "slipway.account" $root | nindent 6 }}
      {{- if $onBus }}{{ include "slipway.busVolumes" (list $root $name) | nindent 6 }}{{ end }}
      {{- with $own.volumes }}{{ . | nindent 6 }}{{ end }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: slipway-{{ $name }}
  namespace: {{ $root.Release.Namespace }}
  labels:
    {{- include "slipway.selector" $name | nindent 4 }}
    {{- include "slipway.labels" $root | nindent 4 }}
spec:
  maxUnavailable: 1
  unhealthyPodEvictionPolicy: AlwaysAllow
  selector:
    matchLabels:
      {{- include "slipway.selector" $name | nindent 6 }}
{{- end }}
