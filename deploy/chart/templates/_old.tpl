{{/*
Refuse an API server that cannot stamp who submits a workload. Without a cluster, as in `helm template`, nothing is known.
*/}}
{{- define "slipway.refuse-old" -}}
{{- $live := lookup "v1" "Namespace" "" "kube-system" -}}
{{- if and $live (not (.Capabilities.APIVersions.Has "admissionregistration.k8s.io/v1/MutatingAdmissionPolicy")) -}}
{{- fail (printf "the API server is %s and has no MutatingAdmissionPolicy of admissionregistration.k8s.io/v1, by which Slipway records who submits a workload; upgrade it to Kubernetes 1.36 or later, or turn the API on" .Capabilities.KubeVersion.Version) -}}
{{- end -}}
{{- end }}
