{{- /* A policy with its binding, and who our writers are. */ -}}

{{- define "hardpan.policy" -}}
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicyBinding
metadata:
  name: hardpan-{{ .policy }}{{ include "hardpan.suffix" .root }}
  labels:
    {{- include "hardpan.labels" (dict "root" .root "part" "policies") | nindent 4 }}
spec: {policyName: hardpan-{{ .policy }}{{ include "hardpan.suffix" .root }}, validationActions: [Deny]}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata:
  name: hardpan-{{ .policy }}{{ include "hardpan.suffix" .root }}
  labels:
    {{- include "hardpan.labels" (dict "root" .root "part" "policies") | nindent 4 }}
{{- end -}}

{{- define "hardpan.account.name" -}}
system:serviceaccount:{{ .root.Release.Namespace }}:hardpan-{{ .part }}
{{- end -}}

{{- define "hardpan.policy.supervisors" -}}
{{- $own := include "hardpan.account.name" (dict "root" . "part" "supervisor") -}}
{{- $all := prepend .Values.policies.supervisors $own -}}
{{- if eq .Values.cleanup "Everything" -}}
{{- $all = append $all (include "hardpan.account.name" (dict "root" . "part" "cleanup")) -}}
{{- end -}}
{{ toJson $all }}
{{- end -}}
