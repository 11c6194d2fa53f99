{{- /* Bindings, and the rules that several controllers share. Each controller has exactly what it does: tests/cluster/test_charts_rights.py. */ -}}

{{- define "hardpan.clusterRole" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata:
  name: hardpan-{{ .part }}{{ include "hardpan.suffix" .root }}
  labels:
    {{- include "hardpan.labels" . | nindent 4 }}
  {{- include "hardpan.annotations" . | nindent 2 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: hardpan-{{ .part }}{{ include "hardpan.suffix" .root }}}
subjects:
  - {kind: ServiceAccount, name: hardpan-{{ .part }}, namespace: {{ .root.Release.Namespace }}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata:
  name: hardpan-{{ .part }}{{ include "hardpan.suffix" .root }}
  labels:
    {{- include "hardpan.labels" . | nindent 4 }}
  {{- include "hardpan.annotations" . | nindent 2 }}
rules:
{{- end -}}

{{- define "hardpan.role" -}}
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata:
  {{- include "hardpan.roleMetadata" . | nindent 2 }}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: {{ include "hardpan.roleName" . }}}
subjects:
  - {kind: ServiceAccount, name: hardpan-{{ .part }}, namespace: {{ .root.Release.Namespace }}}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  {{- include "hardpan.roleMetadata" . | nindent 2 }}
rules:
{{- end -}}

{{- define "hardpan.roleName" -}}
hardpan-{{ .part }}{{ if .lease }}{{ include "hardpan.suffix" .root }}{{ end }}
{{- end -}}

{{- define "hardpan.roleMetadata" -}}
{{- /* Leases are where coord looks for them: in the namespace of the whole installation. */ -}}
name: {{ include "hardpan.roleName" . }}
namespace: {{ ternary (include "hardpan.home" .root) .root.Release.Namespace (hasKey . "lease") }}
labels:
  {{- include "hardpan.labels" . | nindent 2 }}
{{- include "hardpan.annotations" . }}
{{- end -}}

{{- define "hardpan.lease" -}}
{{- /* RBAC cannot limit a creation to a name. */ -}}
{{ include "hardpan.role" . }}
  - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: [create]}
  - {apiGroups: [coordination.k8s.io], resources: [leases], resourceNames: [{{ .lease }}], verbs: [get, patch]}
{{- end -}}

{{- define "hardpan.rights.trust" -}}
- apiGroups: [hardpan.dev]
  resources: [trusts, users, tenants, supervisors, jointokens, releases]
  verbs: [list, watch]
{{- end -}}

{{- define "hardpan.rights.kinds" -}}
{{- /* Of which version they are: a controller works with no older ones than it was made for. */ -}}
- apiGroups: [apiextensions.k8s.io]
  resources: [customresourcedefinitions]
  resourceNames:
    {{- range splitList " " "trusts users tenants supervisors jointokens releases nodes deployments revisionmarks machines volumes jobs" }}
    - {{ . }}.hardpan.dev
    {{- end }}
  verbs: [get]
{{- end -}}

{{- define "hardpan.rights.events" -}}
{{- /* Events are where their objects are: in the namespaces of tenants. */ -}}
- {apiGroups: [""], resources: [events], verbs: [create]}
{{- end -}}

{{- define "hardpan.rights.trustReader" -}}
- apiGroups: [hardpan.dev]
  resources: [trusts, users, tenants, supervisors, jointokens, releases]
  verbs: [get, list, watch]
{{- end -}}
