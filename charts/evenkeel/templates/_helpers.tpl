{{- define "evenkeel.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{- /* At most 57 characters, for a Service's name has 63, and -peers is added. */}}
{{- define "evenkeel.fullname" -}}
{{- $name := include "evenkeel.name" . }}
{{- if .Values.fullnameOverride }}
{{- $name = .Values.fullnameOverride }}
{{- else if contains $name .Release.Name }}
{{- $name = .Release.Name }}
{{- else }}
{{- $name = printf "%s-%s" .Release.Name $name }}
{{- end }}
{{- $name | trunc 57 | trimSuffix "-" }}
{{- end }}

{{- /* A name that no release in another namespace has, for objects that lie in none. */}}
{{- define "evenkeel.clusterName" -}}
{{- $name := include "evenkeel.fullname" . }}
{{- if eq $name .Release.Namespace }}{{ $name }}{{ else }}{{ printf "%s-%s" .Release.Namespace $name }}{{ end }}
{{- end }}

{{- define "evenkeel.selectorLabels" -}}
app.kubernetes.io/name: {{ include "evenkeel.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "evenkeel.labels" -}}
{{ include "evenkeel.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- /* The annotations of an object: a list of the root and of maps, of which later ones win. Nothing where there are none. */}}
{{- define "evenkeel.annotations" }}
{{- $root := first . }}
{{- $all := deepCopy (default dict $root.Values.commonAnnotations) }}
{{- range rest . }}
{{- $all = mergeOverwrite $all (deepCopy (default dict .)) }}
{{- end }}
{{- with $all }}
  annotations:
    {{- toYaml . | nindent 4 }}
{{- end }}
{{- end }}

{{- define "evenkeel.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "evenkeel.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- default "default" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{- /* The Secret of the ports' certificate; empty without TLS. */}}
{{- define "evenkeel.tlsSecret" -}}
{{- with .Values.tls }}
{{- if .secretName }}{{ .secretName }}{{ else if .certificate.create }}{{ include "evenkeel.fullname" $ }}-tls{{ end }}
{{- end }}
{{- end }}

{{- /* The policy that asks who may name a Secret. */}}
{{- define "evenkeel.credentialsPolicy" -}}
{{- if not .Values.admissionPolicy.enabled }}
{{- fail "credentials.enabled needs admissionPolicy.enabled: without a policy nobody asks whether the author of a pool may read the Secret that it names" }}
{{- end }}
{{- include "evenkeel.clusterName" . }}-may-get-secrets
{{- end }}

{{- define "evenkeel.scheme" -}}
{{- if include "evenkeel.tlsSecret" . }}https{{ else }}http{{ end }}
{{- end }}

{{- define "evenkeel.image" -}}
{{- with .Values.global.imageRegistry }}{{ trimSuffix "/" . }}/{{ end }}
{{- with .Values.image }}
{{- if .digest }}{{ .repository }}@{{ .digest }}{{ else }}{{ .repository }}:{{ default $.Chart.AppVersion .tag }}{{ end }}
{{- end }}
{{- end }}

{{- /* Secrets to pull images with, for the pods of this chart, at an indentation. */}}
{{- define "evenkeel.pullSecrets" -}}
{{- $secrets := list }}
{{- range concat (default list .Values.global.imagePullSecrets) (default list .Values.image.pullSecrets) }}
{{- $secrets = append $secrets (ternary (dict "name" .) . (kindIs "string" .)) }}
{{- end }}
{{- with uniq $secrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* How Prometheus Operator scrapes: of a ServiceMonitor's or a PodMonitor's values. */}}
{{- define "evenkeel.scrape" -}}
path: /metrics
interval: {{ .interval }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
# A pool's series name the pool's namespace, which must not become ours.
honorLabels: true
{{- with .relabelings }}
relabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- /* Rules of files/rbac.yaml as a role has them: without what the documentation says of them. */}}
{{- define "evenkeel.rules" -}}
{{- range . }}
- {{ omit . "why" | toYaml | nindent 2 | trim }}
{{- end }}
{{- end }}

{{- /* Every kind that pools may scale, as a YAML list. */}}
{{- define "evenkeel.scaleTargets" -}}
{{- $rbac := .Files.Get "files/rbac.yaml" | fromYaml }}
{{- concat $rbac.scaleTargets .Values.rbac.extraScaleTargets | toYaml }}
{{- end }}

{{- /* What the operator may do in a namespace that it looks at. */}}
{{- define "evenkeel.namespaceRules" -}}
{{- $rbac := .Files.Get "files/rbac.yaml" | fromYaml }}
{{- include "evenkeel.rules" $rbac.namespace }}
{{- if .Values.auth.enabled }}
{{- include "evenkeel.rules" $rbac.authPeers }}
{{- end }}
{{- range include "evenkeel.scaleTargets" . | fromYamlArray }}
- apiGroups: [{{ .apiGroup | quote }}]
  resources: [{{ .resource }}]
  verbs: {{ $rbac.scaleTarget.verbs | toJson }}
- apiGroups: [{{ .apiGroup | quote }}]
  resources: [{{ .resource }}/scale]
  verbs: {{ $rbac.scale.verbs | toJson }}
{{- end }}
{{- range .Values.rbac.extraOwners }}
- apiGroups: [{{ .apiGroup | quote }}]
  resources: [{{ .resource }}]
  verbs: {{ $rbac.owner.verbs | toJson }}
{{- end }}
{{- if .Values.rbac.istio }}
{{- include "evenkeel.rules" $rbac.istio }}
{{- end }}
{{- end }}

{{/* Where an alert's runbook is, with %s for the alert's name: as the value says, else in the repository of the release; else nothing. */}}
{{- define "evenkeel.runbookUrl" -}}
{{- if .Values.prometheusRule.runbookUrl -}}
{{- .Values.prometheusRule.runbookUrl -}}
{{- else if .Chart.Home -}}
{{- printf "%s/blob/v%s/docs/runbooks/%%s.md" (trimSuffix "/" .Chart.Home) .Chart.Version -}}
{{- end -}}
{{- end -}}
