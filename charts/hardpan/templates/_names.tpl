{{- /* Names and labels. Objects have fixed names: there is one installation in a cluster. */ -}}

{{- define "hardpan.selector" -}}
app.kubernetes.io/name: hardpan
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end -}}

{{- define "hardpan.labels" -}}
{{ include "hardpan.selector" . }}
app.kubernetes.io/part-of: hardpan
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end -}}

{{- define "hardpan.metadata" -}}
name: hardpan-{{ .part }}
namespace: {{ .root.Release.Namespace }}
labels:
  {{- include "hardpan.labels" . | nindent 2 }}
{{- include "hardpan.annotations" . }}
{{- end -}}

{{- define "hardpan.annotations" -}}
{{- with .annotations }}
annotations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "hardpan.home" -}}
{{ .Values.home | default .Release.Namespace }}
{{- end -}}

{{- define "hardpan.suffix" -}}
{{- /* What is in no namespace has another name in a release for one more region. */ -}}
{{- if .Values.home }}-{{ .Values.supervisor.name }}{{ end -}}
{{- end -}}

{{- define "hardpan.image" -}}
{{- $image := .Values.image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- define "hardpan.queueUrl" -}}
{{- if .Values.queueUrl -}}
{{ .Values.queueUrl }}
{{- else if and .Values.gateway.externalNames .Values.redis.bundled.enabled -}}
rediss://{{ include "hardpan.outside" (dict "root" . "service" .Values.redis.bundled.service) }}
{{- end -}}
{{- end -}}

{{- /* Name and port by which nodes reach a service. */ -}}
{{- define "hardpan.outside" -}}
{{- $port := .service.port -}}
{{- if and (eq .service.type "NodePort") .service.nodePort }}{{ $port = .service.nodePort }}{{ end -}}
{{- $host := first .root.Values.gateway.externalNames -}}
{{ if contains ":" $host }}[{{ $host }}]{{ else }}{{ $host }}{{ end }}:{{ $port }}
{{- end -}}
