{{- /* One policy for each part, and the rules of which they are made. */ -}}

{{- define "hardpan.network" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  {{- include "hardpan.metadata" . | nindent 2 }}
spec:
  podSelector:
    matchLabels:
      {{- include "hardpan.selector" . | nindent 6 }}
  policyTypes: [Ingress, Egress]
{{- end -}}

{{- define "hardpan.network.api" -}}
- ports:
    {{- range .Values.networkPolicy.apiServerPorts }}
    - {protocol: TCP, port: {{ . }}}
    {{- end }}
  {{- with .Values.networkPolicy.apiServer }}
  to:
    {{- range . }}
    - {ipBlock: {cidr: {{ . | quote }}}}
    {{- end }}
  {{- end }}
{{- end -}}

{{- define "hardpan.network.dns" -}}
- ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]
{{- with .Values.tracing.endpoint }}
{{- $port := regexFind ":[0-9]+" (trimPrefix "https:" (trimPrefix "http:" .)) | trimPrefix ":" }}
- ports: [{protocol: TCP, port: {{ $port | default (ternary 443 80 (hasPrefix "https:" .)) }}}]
{{- end }}
{{- end -}}

{{- define "hardpan.network.to" -}}
- ports: [{protocol: TCP, port: {{ .port }}}]
  {{ .direction }}:
    - podSelector:
        matchLabels:
          {{- include "hardpan.selector" (dict "root" .root "part" .peer) | nindent 10 }}
{{- end -}}

{{- define "hardpan.network.monitor" -}}
{{- with .Values.networkPolicy.metricsFrom }}
- ports: [{protocol: TCP, port: 9090}]
  from: {{ toYaml . | nindent 4 }}
{{- end }}
{{- end -}}

{{- define "hardpan.network.nodes" -}}
- ports: [{protocol: TCP, port: {{ .port }}}]
  {{- with .root.Values.networkPolicy.nodes }}
  from:
    {{- range . }}
    - {ipBlock: {cidr: {{ . | quote }}}}
    {{- end }}
    - podSelector: {}
  {{- end }}
{{- end -}}
