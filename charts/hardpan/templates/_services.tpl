{{- /* Services. Ledger and supervisor have no address of their own: only the pod that leads listens, and the gateway
tries each pod until one does. */ -}}

{{- define "hardpan.upstream" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "hardpan.metadata" . | nindent 2 }}
spec:
  clusterIP: None
  ports:
    - {name: https, port: {{ .ports.https }}, targetPort: https}
  selector:
    {{- include "hardpan.selector" . | nindent 4 }}
{{- end -}}

{{- define "hardpan.inner" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "hardpan.metadata" . | nindent 2 }}
spec:
  ports:
    - {name: https, port: 443, targetPort: https}
  selector:
    {{- include "hardpan.selector" . | nindent 4 }}
{{- end -}}

{{- define "hardpan.exposed" -}}
apiVersion: v1
kind: Service
metadata:
  {{- include "hardpan.metadata" . | nindent 2 }}
  {{- with .service.annotations }}
  annotations: {{ toYaml . | nindent 4 }}
  {{- end }}
spec:
  type: {{ .service.type }}
  {{- with .service.loadBalancerIP }}
  loadBalancerIP: {{ . | quote }}
  {{- end }}
  {{- if ne .service.type "ClusterIP" }}
  externalTrafficPolicy: {{ .service.externalTrafficPolicy }}
  {{- end }}
  ports:
    - name: {{ keys .ports | first }}
      port: {{ .service.port }}
      targetPort: {{ keys .ports | first }}
      {{- if and (eq .service.type "NodePort") .service.nodePort }}
      nodePort: {{ .service.nodePort }}
      {{- end }}
  selector:
    {{- include "hardpan.selector" . | nindent 4 }}
{{- end -}}
